from __future__ import annotations

import base64

import pytest

from funchost.app.invocation import Datum
from funchost.bindings.failure import BindingFailure, about
from funchost.bindings.queue_messages import message_text, messages_of
from funchost.errors import StorageError


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        (Datum("string", "text"), ["text"]),
        (Datum("string", ""), [""]),
        (Datum("string", '{"a": [1]}'), ['{"a": [1]}']),
        (Datum("string", ' ["a", {"b": "ä"}, 1, 2.5, null, true, []] '), ["a", '{"b": "ä"}', "1", "2.5", "true", "[]"]),
        (Datum("string", "[not json"), ["[not json"]),
        (Datum("json", '["a"]'), ["a"]),
        (Datum("json", "[]"), []),
        (Datum("json", '{"a": 1}'), ['{"a": 1}']),
        (Datum("bytes", b'["one message"]'), [b'["one message"]']),
        (Datum("int", 5), ["5"]),
        (Datum("double", 2.5), ["2.5"]),
        (Datum("collection_string", ["[1]", "b"]), ["[1]", "b"]),
        (Datum("collection_bytes", [b"[1]", b"\xff"]), [b"[1]", b"\xff"]),
        (Datum("collection_sint64", [1, 2]), ["1", "2"]),
    ],
)
def test_one_value_can_be_several_messages(value: Datum, messages: list[str | bytes]) -> None:
    assert messages_of(value) == messages


def test_the_text_of_a_message() -> None:
    assert base64.b64decode(message_text("ä", "base64")) == "ä".encode()
    assert base64.b64decode(message_text(b"\xff", "base64")) == b"\xff"
    assert message_text("ä", "none") == message_text("ä".encode(), "none") == "ä"


@pytest.mark.parametrize(
    ("message", "encoding", "reason"),
    [
        ("x" * 49153, "base64", "49153 bytes are 65540 in Base64; a queue message can have 65536 bytes"),
        ("x" * 65537, "none", "The message has 65537 bytes"),
        (b"\xff", "none", "the bytes are no UTF-8 text"),
        ("a\x00b", "none", r"the character U\+0000 at position 1"),
    ],
)
def test_messages_that_cannot_be_put(message: str | bytes, encoding: str, reason: str) -> None:
    with pytest.raises((BindingFailure, StorageError), match=reason):
        message_text(message, encoding)  # type: ignore[arg-type]
    assert len(message_text("x" * 49152, "base64")) == len(message_text("x" * 65536, "none")) == 65536


@pytest.mark.parametrize("long", ["x" * 65536, "x" * 2001])
def test_a_failure_is_no_longer_than_one_can_read(long: str) -> None:
    with pytest.raises(BindingFailure) as caught, about(f"blob 'samples/{long}'"):
        raise ValueError(f"'{long}' is no name")
    assert str(caught.value).startswith("blob 'samples/xxx")
    assert len(str(caught.value)) < 500
