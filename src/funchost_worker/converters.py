"""Converters: how the value of one binding becomes an argument and how a result becomes a value on the wire.

The library's converter class for the binding type does the work; what it lacks is generic.
"""

import functools
import json

from funchost_worker.datum import Datum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Optional, Tuple

    Pair = Tuple[str, Any]

NOTHING = ("none", None)
NO_IMPLICIT_OUTPUT = "durableclient"
INT64 = 1 << 63
TIMES = 64
"""Texts of times that are remembered; messages that come together share most of them."""


class GenericConverter:
    """For binding types that the library does not know: text and bytes pass as they are."""

    @classmethod
    def has_trigger_support(cls) -> bool:
        return False

    @classmethod
    def has_implicit_output(cls) -> bool:
        return True

    @classmethod
    def check_input_type_annotation(cls, pytype: type) -> bool:
        return isinstance(pytype, type) and issubclass(pytype, (str, bytes))

    @classmethod
    def check_output_type_annotation(cls, pytype: type) -> bool:
        return isinstance(pytype, type) and issubclass(pytype, (str, bytes, bytearray, dict, list))

    @classmethod
    def decode(cls, data: "Optional[Datum]", *, trigger_metadata: object) -> "Any":
        if data is None or data.type is None:
            return None
        if data.type not in ("string", "bytes", "json"):
            raise ValueError('unexpected type of data received for the "generic" binding: {!r}'.format(data.type))
        return data.value

    @classmethod
    def encode(cls, obj: "Any", *, expected_type: object) -> Datum:
        if obj is None:
            return Datum(None, None)
        if isinstance(obj, str):
            return Datum(obj, "string")
        if isinstance(obj, (bytes, bytearray)):
            return Datum(bytes(obj), "bytes")
        if isinstance(obj, (dict, list)):
            return Datum(json.dumps(obj), "json")
        if isinstance(obj, int):
            return Datum(int(obj), "int")
        if isinstance(obj, float):
            return Datum(obj, "double")
        raise NotImplementedError


class DeferredConverter:
    """For SDK types such as BlobClient: the extension's converter, which wants the type as well.

    Clients are cheap to share and costly to make: one is kept per content.
    """

    def __init__(self, converter: "Any", pytype: type) -> None:
        self._converter = converter
        self._pytype = pytype
        self._made: "Dict[bytes, Any]" = {}

    def has_trigger_support(self) -> bool:
        return bool(self._converter.has_trigger_support())

    def has_implicit_output(self) -> bool:
        return False

    def check_input_type_annotation(self, pytype: type) -> bool:
        return True

    def decode(self, data: "Optional[Datum]", *, trigger_metadata: object) -> "Any":
        content = getattr(data.value, "content", None) if data is not None else None
        if content is not None and content in self._made:
            return self._made[content]
        made = self._converter.decode(data, trigger_metadata=trigger_metadata, pytype=self._pytype)
        if content is not None:
            self._made[content] = made
        return made


def with_remembered_times(converter: "Any") -> "Any":
    """Return a converter of the library that reads the text of a time once, not for every message anew.

    It tries one form after the other, which takes longer than all else that the worker does for a queue message.
    """
    read = getattr(converter, "_parse_datetime", None)
    if read is None:
        return converter
    members = {
        "_parse_datetime": staticmethod(functools.lru_cache(maxsize=TIMES)(read)),
        "__module__": converter.__module__,
        "__qualname__": converter.__qualname__,
    }
    trigger = getattr(converter, "_trigger", None)
    return type(converter)(converter.__name__, (converter,), members, binding=None, trigger=trigger)


def implicit_output(binding_type: str, converter: "Any") -> bool:
    """Whether a function may return a value for this binding without `$return`. Unknown before library 1.2: no."""
    if binding_type.lower() == NO_IMPLICIT_OUTPUT:
        return False
    answer = getattr(converter, "has_implicit_output", None)
    return bool(answer()) if answer is not None else False


def decode(converter: "Any", data: "Optional[Datum]", metadata: "Dict[str, Optional[Datum]]") -> "Any":
    """Run a converter on an input.

    Raises:
        TypeError: the converter does not take this kind of datum.
    """
    try:
        return converter.decode(data, trigger_metadata=metadata)
    except NotImplementedError:
        raise TypeError(
            "unable to decode incoming TypedData: unsupported combination of TypedData field {!r} "
            "and expected binding type {}".format(None if data is None else data.type, converter)
        ) from None


def encode(converter: "Any", value: "Any", pytype: "Any") -> "Pair":
    """Run a converter on an output and return its `[kind, value]` pair; bytes stand for themselves.

    Raises:
        TypeError: the converter does not take this Python type.
        ValueError: text that cannot be written as UTF-8.
    """
    try:
        datum = converter.encode(value, expected_type=pytype)
    except NotImplementedError:
        raise TypeError('unable to encode outgoing TypedData: unsupported type "{}" for Python type "{}"'.format(
            converter, type(value).__name__)) from None
    if datum is None or datum.type is None or datum.value is None:
        return NOTHING
    return checked(datum.type, datum.value)


def checked(kind: str, value: "Any") -> "Pair":
    """A pair that the wire can carry: text without lone surrogates, integers that fit 64 bits, real bytes."""
    if kind in ("string", "json"):
        check_text(value)
    elif kind == "bytes":
        value = bytes(value)
    elif kind == "int" and not -INT64 <= value < INT64:
        raise ValueError("{} does not fit an integer of 64 bits".format(value))
    elif kind in ("dict", "list"):
        return "json", json.dumps(value)
    return kind, value


def check_text(text: str) -> None:
    """Raise ValueError for text that has no UTF-8 form."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("the returned text holds a lone surrogate at position {}, "
                         "which cannot be written as UTF-8".format(error.start)) from None
