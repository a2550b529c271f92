from __future__ import annotations

import json

import pytest

from funchost.http.key_documents import (
    HostKeys,
    read_function_keys,
    read_host_keys,
    write_function_keys,
    write_host_keys,
)

ORIGIN = {"hostName": "h", "instanceId": "i"}


def test_the_host_document_has_the_documented_shape() -> None:
    document = write_host_keys(HostKeys("M", {"default": "D"}, {"blobs_extension": "S"}), ORIGIN)
    assert json.loads(document) == {
        "masterKey": {"name": "master", "value": "M", "encrypted": False},
        "functionKeys": [{"name": "default", "value": "D", "encrypted": False}],
        "systemKeys": [{"name": "blobs_extension", "value": "S", "encrypted": False}],
        "hostName": "h",
        "instanceId": "i",
        "source": "runtime",
    }
    assert read_host_keys(document) == HostKeys("M", {"default": "D"}, {"blobs_extension": "S"})


def test_a_functions_document_has_the_documented_shape() -> None:
    document = write_function_keys({"default": "D"}, ORIGIN)
    assert json.loads(document)["keys"] == [{"name": "default", "value": "D", "encrypted": False}]
    assert read_function_keys(document) == {"default": "D"}


def test_documents_of_the_first_runtime_are_read() -> None:
    assert read_host_keys(b'{"masterKey": "M", "functionKey": "F"}') == HostKeys("M", {"default": "F"}, {})
    assert read_function_keys(b'{"key": "K"}') == {"default": "K"}


@pytest.mark.parametrize(
    "document",
    [b"", b"{", b"[]", b"{}", b"\xff", b'{"masterKey": {"name": "master", "value": "x", "encrypted": true}}'],
)
def test_anything_else_is_no_key_document(document: bytes) -> None:
    with pytest.raises(ValueError):
        read_host_keys(document)
    with pytest.raises(ValueError):
        read_function_keys(document)
