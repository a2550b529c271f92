from __future__ import annotations

import os
from pathlib import Path

import pytest

from funchost.app.function_app import FunctionError
from funchost.host.instance_line import read_order_line
from funchost.host.instance_order import (
    InstanceOrder,
    Listening,
    Load,
    Loaded,
    LoadedFunction,
    Message,
    State,
    decode_message,
    decode_order,
    encode_message,
    encode_order,
)
from funchost.host.instance_report import LONGEST_ERROR, MOST_ERRORS, loaded
from tests.unit.http.apps import app_of, http_function

ORDER = InstanceOrder(
    id="0123",
    host_id="shop",
    root="/data/versions/v1",
    interpreter="/usr/bin/python3",
    python=(3, 11, 7),
    environment={"PASSWORD": "correct-horse"},
    keys_folder="/data/keys",
    keys_secret=b"\x00secret\xff",
    temporary="/data/tmp",
    cors_origins=("https://a.example",),
    store_folder="/data/storage",
    store_ports=(1, 2, 3),
    listening=False,
)


def test_an_order_survives_the_way_and_shows_no_secret() -> None:
    line = encode_order(ORDER)
    assert line.count(b"\n") == 1
    assert decode_order(line) == ORDER
    assert "correct-horse" not in repr(ORDER)
    assert "keys_secret" not in repr(ORDER)


@pytest.mark.parametrize(
    "message", [Listening(8080), State("Running"), Load(2, 1 << 30), loaded(app_of(http_function("F")), ("wrong",))]
)
def test_messages_survive_the_way(message: Message) -> None:
    line = encode_message(message)
    assert line.count(b"\n") == 1
    assert decode_message(line) == message


@pytest.mark.parametrize("line", [b"", b"{}", b'{"type":"other"}', b'{"type":"load","executing":"many","memory":1}'])
def test_what_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        decode_message(line)


def test_functions_are_described_and_those_in_error_are_not() -> None:
    app = app_of(
        http_function("Items", route="items/{id}", methods=["get"], authlevel="FUNCTION"),
        http_function("Broken"),
        http_function("Off", disabled=True),
        errors=(FunctionError("Broken", "does not load"),),
    )
    message = loaded(app, ())
    items, off = message.functions
    assert (items.name, items.trigger, items.route, items.methods) == (
        "Items",
        "httpTrigger",
        "api/items/{id}",
        ("GET",),
    )
    assert (items.auth_level, off.auth_level) == ("function", "anonymous")
    assert (items.disabled, off.disabled, off.methods) == (False, True, ())


def test_errors_are_bounded_in_number_and_length() -> None:
    message = loaded(None, ["x" * LONGEST_ERROR * 2, *["short"] * (MOST_ERRORS + 4)])
    assert len(message.errors) == MOST_ERRORS + 1
    assert len(message.errors[0]) < LONGEST_ERROR + 100
    assert message.errors[-1] == "(5 more errors)"


def test_commands_behind_the_order_are_kept(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    try:
        os.write(writing, b'{"order": 1}\nlisten\ndr')
        assert read_order_line(reading) == (b'{"order": 1}', b"listen\ndr")
        os.write(writing, b"no line end")
        os.close(writing)
        writing = -1
        with pytest.raises(EOFError):
            read_order_line(reading)
    finally:
        os.close(reading)
        if writing >= 0:
            os.close(writing)


def test_texts_that_no_json_can_hold_are_told_all_the_same() -> None:
    """An app raises, or names a function by, half a surrogate pair."""
    function = LoadedFunction("a\ud800", "httpTrigger", ({"type": "httpTrigger", "\udfff": "ü"},), "x", (), None, False)

    told = decode_message(encode_message(Loaded((function,), ("ValueError: bad \ud800 text", "ü"))).rstrip(b"\n"))

    assert isinstance(told, Loaded)
    assert told.errors == ("ValueError: bad ? text", "ü")
    assert told.functions[0].name == "a?"
    assert told.functions[0].bindings == ({"type": "httpTrigger", "?": "ü"},)
