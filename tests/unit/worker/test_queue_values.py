from __future__ import annotations

from typing import Any

import azure.functions as func
import pytest

from funchost_worker.queue_values import messages

CLASSES = (func.QueueMessage,)


@pytest.mark.parametrize(
    ("value", "pair"),
    [
        ("text", ("string", "text")),
        (b"raw", ("bytes", b"raw")),
        (bytearray(b"raw"), ("bytes", b"raw")),
        ({"id": None, "body": "mine"}, ("json", '{"id": null, "body": "mine"}')),
        (func.QueueMessage(id="7", body="[1, 2]"), ("bytes", b"[1, 2]")),
        (5, ("string", "5")),
        (True, ("string", "true")),
        (2.5, ("string", "2.5")),
        ([], ("collection_bytes", [])),
        (("a", b"b", None, {"c": 1}, [2], 3), ("collection_bytes", [b"a", b"b", b'{"c": 1}', b"[2]", b"3"])),
        ((each for each in ("ä",)), ("collection_bytes", ["ä".encode()])),
        ([func.QueueMessage(body=b"\xff")], ("collection_bytes", [b"\xff"])),
        (object(), None),
    ],
)
def test_what_goes_to_the_host(value: Any, pair: Any) -> None:
    assert messages(value, CLASSES) == pair


def test_members_that_are_no_messages_and_text_that_is_no_utf_8() -> None:
    with pytest.raises(TypeError, match="invalid data type in output queue message list"):
        messages([object()], CLASSES)
    with pytest.raises(ValueError, match="lone surrogate"):
        messages(["\ud800"], CLASSES)
