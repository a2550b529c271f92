"""JSON bodies of the Table service, with as much OData metadata as the caller accepts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import msgspec

from funchost.app.foreign_json import DEEPEST, is_deeper
from funchost.storage.odata.edm import TYPE_SUFFIX, Edm
from funchost.storage.server.exchange import StorageReply, StorageRequest
from funchost.storage.server.refusal import refusal
from funchost.storage.server.table.table_path import entity_link


class Metadata(Enum):
    """How much an answer tells besides values."""

    NONE = "nometadata"
    MINIMAL = "minimalmetadata"
    FULL = "fullmetadata"


def accepted_metadata(query: Mapping[str, str], headers: Mapping[str, str]) -> Metadata:
    """Return what ``$format`` or Accept ask for, the least without a word; StorageError for the Atom format."""
    wanted = (query.get("$format") or headers.get("accept") or "").lower().replace(" ", "")
    for level in Metadata:
        if f"odata={level.value}" in wanted:
            return level
    if "atom+xml" in wanted and "json" not in wanted and "*/*" not in wanted:
        raise refusal("AtomFormatNotSupported", "The Atom format is not supported; ask for application/json.", 415)
    return Metadata.MINIMAL


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a request; StorageError InvalidInput if it is none."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refusal("InvalidInput", f"The body is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise refusal("InvalidInput", "The body is not a JSON object.")
    if is_deeper(value, DEEPEST):
        raise refusal("InvalidInput", f"The body is nested more than {DEEPEST} levels deep.")
    return value


def json_reply(status: int, value: Mapping[str, Any], level: Metadata, headers: Mapping[str, str]) -> StorageReply:
    """Return an answer with a JSON body."""
    kind = f"application/json;odata={level.value};streaming=true;charset=utf-8"
    return StorageReply(
        status, {"content-type": kind, "cache-control": "no-cache", **headers}, msgspec.json.encode(value)
    )


def tables_body(request: StorageRequest, names: Iterable[str], level: Metadata) -> dict[str, Any]:
    """Return the list of tables."""
    body: dict[str, Any] = {} if level is Metadata.NONE else {"odata.metadata": f"{request.url}/$metadata#Tables"}
    body["value"] = [_table(request, name, level) for name in names]
    return body


def table_body(request: StorageRequest, name: str, level: Metadata) -> dict[str, Any]:
    """Return one table."""
    body: dict[str, Any] = {}
    if level is not Metadata.NONE:
        body["odata.metadata"] = f"{request.url}/$metadata#Tables/@Element"
    return body | _table(request, name, level)


def entities_body(
    request: StorageRequest, table: str, entities: Iterable[Mapping[str, Any]], level: Metadata
) -> dict[str, Any]:
    """Return the entities of one page."""
    body: dict[str, Any] = {} if level is Metadata.NONE else {"odata.metadata": f"{request.url}/$metadata#{table}"}
    body["value"] = [_entity(request, table, entity, level) for entity in entities]
    return body


def entity_body(request: StorageRequest, table: str, entity: Mapping[str, Any], level: Metadata) -> dict[str, Any]:
    """Return one entity."""
    body: dict[str, Any] = {}
    if level is not Metadata.NONE:
        body["odata.metadata"] = f"{request.url}/$metadata#{table}/@Element"
    return {**body, **_entity(request, table, entity, level)}


def _table(request: StorageRequest, name: str, level: Metadata) -> dict[str, Any]:
    if level is not Metadata.FULL:
        return {"TableName": name}
    link = f"Tables('{name}')"
    return {
        "odata.type": f"{request.account}.Tables",
        "odata.id": f"{request.url}/{link}",
        "odata.editLink": link,
        "TableName": name,
    }


def _entity(request: StorageRequest, table: str, entity: Mapping[str, Any], level: Metadata) -> Mapping[str, Any]:
    if level is Metadata.MINIMAL:
        return entity
    if level is Metadata.NONE:
        return {name: value for name, value in entity.items() if "odata." not in name}
    full: dict[str, Any] = {"odata.type": f"{request.account}.{table}"}
    if "PartitionKey" in entity and "RowKey" in entity:
        link = entity_link(table, entity["PartitionKey"], entity["RowKey"])
        full |= {"odata.id": f"{request.url}/{link}", "odata.editLink": link}
    full |= entity
    if "Timestamp" in entity:
        full["Timestamp" + TYPE_SUFFIX] = Edm.DATETIME.value
    return full
