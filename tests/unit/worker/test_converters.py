from __future__ import annotations

from typing import Any

import pytest

from funchost_worker.converters import (
    NOTHING,
    DeferredConverter,
    GenericConverter,
    decode,
    encode,
    implicit_output,
    with_remembered_times,
)
from funchost_worker.datum import Datum, ModelBindingData


@pytest.mark.parametrize(
    ("value", "pair"),
    [
        ("é", ("string", "é")),
        (b"b", ("bytes", b"b")),
        (bytearray(b"b"), ("bytes", b"b")),
        (None, NOTHING),
        ({"a": 1}, ("json", '{"a": 1}')),
        ([1], ("json", "[1]")),
        (3, ("int", 3)),
        (True, ("int", 1)),
        (0.5, ("double", 0.5)),
    ],
)
def test_generic_outputs(value: Any, pair: tuple[str, Any]) -> None:
    assert encode(GenericConverter, value, None) == pair


def test_an_output_type_that_no_converter_takes() -> None:
    with pytest.raises(TypeError, match='unable to encode outgoing TypedData: unsupported type ".*GenericConverter'):
        encode(GenericConverter, object(), None)


@pytest.mark.parametrize("kind", ["string", "bytes", "json"])
def test_generic_inputs_pass_as_they_are(kind: str) -> None:
    assert decode(GenericConverter, Datum("x", kind), {}) == "x"


def test_generic_input_of_nothing() -> None:
    assert decode(GenericConverter, None, {}) is None


def test_generic_input_of_another_kind() -> None:
    with pytest.raises(ValueError, match="unexpected type of data"):
        decode(GenericConverter, Datum(1, "int"), {})


class Timer:
    @classmethod
    def decode(cls, data: Datum, *, trigger_metadata: Any) -> Any:
        raise NotImplementedError

    encode = decode


def test_an_input_kind_that_the_converter_does_not_take() -> None:
    with pytest.raises(TypeError, match="unsupported combination of TypedData field 'string' and expected binding"):
        decode(Timer, Datum("x", "string"), {})


def test_values_that_the_wire_cannot_carry_fail_the_call() -> None:
    with pytest.raises(ValueError, match="lone surrogate"):
        encode(GenericConverter, "\udc80", None)
    with pytest.raises(ValueError, match="64 bits"):
        encode(GenericConverter, 1 << 63, None)


def test_implicit_output_is_asked_of_the_converter_and_unknown_before_library_1_2() -> None:
    assert implicit_output("table", GenericConverter)
    assert not implicit_output("durableClient", GenericConverter)
    assert not implicit_output("timerTrigger", Timer)


class Client:
    pass


class Sdk:
    made = 0

    @classmethod
    def decode(cls, data: Datum, *, trigger_metadata: Any, pytype: type) -> Any:
        cls.made += 1
        return pytype()


def test_sdk_clients_are_made_once_for_the_same_content() -> None:
    converter = DeferredConverter(Sdk, Client)
    first = decode(converter, Datum(ModelBindingData({"content": "{}"}), "model_binding_data"), {})
    again = decode(converter, Datum(ModelBindingData({"content": "{}"}), "model_binding_data"), {})
    other = decode(converter, Datum(ModelBindingData({"content": "[]"}), "model_binding_data"), {})
    assert isinstance(first, Client)
    assert first is again
    assert other is not first


class _Registered(type):
    """As the library's metaclass: classes are made with these two keywords."""

    def __new__(cls, name: str, bases: Any, members: Any, *, binding: str | None, trigger: str | None = None) -> Any:
        made = super().__new__(cls, name, bases, members)
        made._trigger = trigger  # type: ignore[attr-defined]
        return made

    def __init__(cls, name: str, bases: Any, members: Any, **_: object) -> None:
        super().__init__(name, bases, members)

    def has_trigger_support(cls) -> bool:
        return cls._trigger is not None  # type: ignore[attr-defined]


def _library_converter(read: list[str]) -> Any:
    class Times(metaclass=_Registered, binding="queue", trigger="queueTrigger"):
        @classmethod
        def decode(cls, data: Datum, *, trigger_metadata: Any) -> Any:
            return cls._parse_datetime(data.value)

        @classmethod
        def _parse_datetime(cls, text: str) -> str:
            read.append(text)
            if text == "never":
                raise ValueError(text)
            return f"read {text}"

    return Times


def test_the_text_of_a_time_is_read_once() -> None:
    read: list[str] = []
    remembering = with_remembered_times(_library_converter(read))
    decoded = [decode(remembering, Datum(text, "string"), {}) for text in ("a", "b", "a")]
    assert decoded == ["read a", "read b", "read a"]
    assert read == ["a", "b"]


def test_a_time_that_cannot_be_read_is_refused_each_time() -> None:
    remembering = with_remembered_times(_library_converter([]))
    for _ in range(2):
        with pytest.raises(ValueError, match="never"):
            decode(remembering, Datum("never", "string"), {})


def test_a_converter_that_remembers_times_is_otherwise_the_same() -> None:
    converter = _library_converter([])
    remembering = with_remembered_times(converter)
    assert remembering.has_trigger_support()
    assert repr(remembering) == repr(converter)
    assert with_remembered_times(GenericConverter) is GenericConverter
