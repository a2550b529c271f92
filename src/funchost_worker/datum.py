"""Datum: one value on its way between host and function, in the shape that the library's converters read.

Converters touch a datum by its attributes only (`type`, `value`, `python_value`; collections by `string`, `bytes`,
`sint64`, `double`), so this class stands in for the library's own in every release.
"""

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional


class Datum:
    """A value and its kind, e.g. ``Datum("text", "string")``; kind None means that there is no value."""

    __slots__ = ("type", "value")

    def __init__(self, value: "Any", type: "Optional[str]") -> None:
        self.value = value
        self.type = type

    @property
    def python_value(self) -> "Any":
        """The value as plain Python: JSON parsed, collections as lists."""
        if self.type is None or self.value is None:
            return None
        if self.type == "json":
            return json.loads(self.value)
        if self.type.startswith("collection_"):
            return list(getattr(self.value, self.type[len("collection_"):]))
        return self.value

    @property
    def python_type(self) -> type:
        return type(self.python_value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Datum) and (self.value, self.type) == (other.value, other.type)

    def __hash__(self) -> int:
        return hash((self.value, self.type))

    def __repr__(self) -> str:
        return "<Datum {} {:.40}>".format(self.type, repr(self.value))


class Collection:
    """The members of a batch under the attribute that their kind names; the other attributes are empty."""

    __slots__ = ("bytes", "double", "sint64", "string")

    def __init__(self, kind: str, members: "List[Any]") -> None:
        self.string = members if kind == "collection_string" else []
        self.bytes = members if kind == "collection_bytes" else []
        self.sint64 = members if kind == "collection_sint64" else []
        self.double = members if kind == "collection_double" else []


class ModelBindingData:
    """What an SDK-type binding gets: which library it is for, and its parameters as JSON bytes."""

    __slots__ = ("content", "content_type", "source", "version")

    def __init__(self, value: "Dict[str, Any]") -> None:
        self.version = value.get("version", "")
        self.source = value.get("source", "")
        self.content_type = value.get("content_type", "application/json")
        content = value.get("content", "")
        self.content = content.encode("utf-8") if isinstance(content, str) else json.dumps(content).encode("utf-8")


class Tail:
    """The raw bytes behind the JSON text of a frame, taken in order."""

    __slots__ = ("_at", "_view")

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._at = 0

    def take(self, size: int) -> bytes:
        start = self._at
        self._at = start + size
        return bytes(self._view[start:self._at])

    def rest(self) -> bytes:
        return bytes(self._view[self._at:])


def read_datum(kind: str, value: "Any", tail: Tail) -> "Optional[Datum]":
    """Return the datum of a `[kind, value]` pair, None if it holds nothing. Kind ``http`` has its own reader."""
    if kind == "string" or kind == "json":  # nearly all that stands beside an event
        return Datum(value, kind)
    if kind == "none":
        return None
    if kind == "bytes":
        return Datum(tail.take(value), kind)
    if kind == "collection_bytes":
        return Datum(Collection(kind, [tail.take(size) for size in value]), kind)
    if kind.startswith("collection_"):
        return Datum(Collection(kind, value), kind)
    if kind == "model_binding_data":
        return Datum(ModelBindingData(value), kind)
    return Datum(value, kind)


def _texts(values: "Dict[str, str]") -> "Dict[str, Datum]":
    return {name: Datum(value, "string") for name, value in values.items()}


def http_datum(value: "Dict[str, Any]", body: bytes) -> Datum:
    """Return the datum of a request: a mapping whose leaves are datums again."""
    return Datum({
        "method": Datum(value["method"], "string"),
        "url": Datum(value["url"], "string"),
        "headers": _texts(value["headers"]),
        "query": _texts(value["query"]),
        "params": _texts(value["params"]),
        "body": Datum(body, "bytes"),
    }, "http")
