"""The message that stands for a version of a blob."""

from __future__ import annotations

import base64
import json

import pytest

from funchost.triggers.blob.message import BlobMessage, message_queue, read_blob_message

MESSAGE = BlobMessage("Host.Functions.F", "BlockBlob", "samples", "a/ü.txt", '"0x8D"')


def test_it_has_the_existing_hosts_form() -> None:
    assert json.loads(base64.b64decode(MESSAGE.encode())) == {
        "Type": "BlobTrigger",
        "FunctionId": "Host.Functions.F",
        "BlobType": "BlockBlob",
        "ContainerName": "samples",
        "BlobName": "a/ü.txt",
        "ETag": '"0x8D"',
    }
    assert message_queue("host") == "azure-webjobs-blobtrigger-host"


def test_it_is_read_with_and_without_base64() -> None:
    assert read_blob_message(MESSAGE.encode()) == MESSAGE
    assert read_blob_message(base64.b64decode(MESSAGE.encode()).decode()) == MESSAGE


@pytest.mark.parametrize("text", ["", "hello", "{", "[]", "{}", base64.b64encode(b"\xff").decode(), '{"FunctionId":1}'])
def test_what_is_no_such_message_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="(?s).*"):
        read_blob_message(text)
