"""Entities of table bindings: from a function's JSON to writes of a table, and from entities to JSON. Pure.

JSON has fewer types than a table. Going out, whole numbers are Int32, or Int64 beyond 32 bits; numbers with a fraction
are Double; text stays text, dates included; objects and lists become their JSON text; null is left out. A member
`<name>@odata.type` beside a property sets its type. Coming in, Int64 is a number, all else that JSON has not is text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from funchost.app.binding_expression_format import plain_text
from funchost.app.foreign_json import read_foreign
from funchost.app.invocation import Datum
from funchost.bindings.failure import BindingFailure
from funchost.storage.odata.edm import INT32, INT64, TYPE_SUFFIX, Edm
from funchost.storage.tables import ANY, MAX_BATCH, Entity, Operation, Write

MOST_BYTES = 3_500_000
"""JSON of one batch; the service takes 4 MiB with all headers."""

_ETAG = "etag"
_LEFT_OUT = frozenset({"partitionkey", "rowkey", "timestamp", _ETAG})


class EntityKeys(NamedTuple):
    """Keys from the binding, for entities that do not bring their own; None = the binding has none."""

    partition: str | None
    row: str | None


def json_entity(entity: Entity) -> dict[str, Any]:
    """Return an entity as functions get it: plain values, without Timestamp and members of the protocol."""
    return {
        name: int(value) if entity.get(name + TYPE_SUFFIX) == Edm.INT64.value else value
        for name, value in entity.items()
        if name != "Timestamp" and "odata." not in name
    }


def objects_of(value: Datum) -> list[dict[str, Any]]:
    """Return the JSON objects that a function gave: one, or those of a list; null among them is left out.

    Raises:
        BindingFailure: it is no JSON, or something else than objects.
    """
    kind, content = value
    if kind in ("string", "json", "bytes"):
        documents = [_document(content)]
    elif kind == "collection_string" and isinstance(content, Sequence):
        documents = [_document(text) for text in content]
    else:
        raise BindingFailure(f"a value of kind {kind} is no entity; give it a JSON object or a list of them.")
    flat: list[object] = []
    for document in documents:
        flat += document if isinstance(document, list) else [document]
    return [_object(item) for item in flat if item is not None]


def operation_of(given: Mapping[str, Any], keys: EntityKeys) -> Operation:
    """Return the write that an object of a function means.

    Without ETag it is inserted. The ETag `*` replaces whatever is there or not, another one what still has it.

    Raises:
        BindingFailure: a key is missing, or a value cannot be stored.
    """
    system = {name.lower(): value for name, value in given.items() if name.lower() in _LEFT_OUT}
    entity: dict[str, Any] = {
        "PartitionKey": _key(system, "PartitionKey", keys.partition),
        "RowKey": _key(system, "RowKey", keys.row),
    }
    for name, value in given.items():
        if name.lower().removesuffix(TYPE_SUFFIX) in _LEFT_OUT or name.startswith("odata.") or value is None:
            continue
        type_name, stored = _stored(name, value)
        entity[name] = stored
        if type_name is not None:
            entity.setdefault(name + TYPE_SUFFIX, type_name)
    etag = system.get(_ETAG)
    if not etag:
        return Operation(Write.INSERT, entity)
    return Operation(Write.UPSERT_REPLACE, entity) if etag == ANY else Operation(Write.REPLACE, entity, str(etag))


def batches(operations: Iterable[Operation]) -> list[list[Operation]]:
    """Return operations in groups that the service takes at once, each partition's in their order.

    A group has one partition, each row once, at most MAX_BATCH writes and MOST_BYTES of JSON.
    """
    finished: list[list[Operation]] = []
    partitions: dict[str, _Group] = {}
    for operation in operations:
        partition, row = operation.entity["PartitionKey"], operation.entity["RowKey"]
        size = len(json.dumps(operation.entity))
        group = partitions.get(partition)
        if group is None or group.is_full(row, size):
            group = partitions[partition] = _Group()
            finished.append(group.operations)
        group.add(operation, row, size)
    return finished


class _Group:
    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._rows: set[str] = set()
        self._size = 0

    def is_full(self, row: str, size: int) -> bool:
        return len(self.operations) >= MAX_BATCH or row in self._rows or self._size + size > MOST_BYTES

    def add(self, operation: Operation, row: str, size: int) -> None:
        self.operations.append(operation)
        self._rows.add(row)
        self._size += size


def _document(content: object) -> object:
    if not isinstance(content, (str, bytes)):
        raise BindingFailure("a stream is no entity; give it a JSON object or a list of them.")
    try:
        return read_foreign(content)
    except ValueError as error:
        raise BindingFailure(f"the value is not JSON: {error}.") from error


def _object(item: object) -> dict[str, Any]:
    if isinstance(item, dict):
        return item
    raise BindingFailure(f"{json.dumps(item)[:80]} is no entity; give it a JSON object or a list of them.")


def _key(system: Mapping[str, Any], name: str, default: str | None) -> str:
    value = system.get(name.lower())
    if value is None:
        value = default
    if value is None:
        raise BindingFailure(f"an entity has no {name}, and the binding has none either.")
    if isinstance(value, (dict, list)):
        raise BindingFailure(f"{name} is no text: {json.dumps(value)[:80]}.")
    return plain_text(value)


def _stored(name: str, value: object) -> tuple[str | None, object]:
    """Return the type to tell, None if it shows, and the value."""
    if isinstance(value, (dict, list)):
        return None, json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, float) and not math.isfinite(value):
        return Edm.DOUBLE.value, "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, int) and not isinstance(value, bool) and value not in INT32:
        if value not in INT64:
            raise BindingFailure(f"{name} is {value}, which does not fit a number of 64 bits; write it as text.")
        return Edm.INT64.value, str(value)
    return None, value
