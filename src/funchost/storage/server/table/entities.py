"""Operations on entities: read, query, write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from funchost.storage.embedded.tables import EmbeddedTables
from funchost.storage.odata.literals import string_literal
from funchost.storage.odata.parser import parse_filter
from funchost.storage.server.exchange import StorageReply, StorageRequest
from funchost.storage.server.grant import KeyRange
from funchost.storage.server.refusal import missing_header, out_of_range, refusal, unsupported, wrong_query
from funchost.storage.server.table.continuation import continuation_of, next_headers
from funchost.storage.server.table.payload import (
    Metadata,
    accepted_metadata,
    entities_body,
    entity_body,
    json_reply,
    read_object,
)
from funchost.storage.server.table.table_path import TablePath, entity_link
from funchost.storage.tables import ANY, MAX_PAGE, Operation, Write

MAX_BODY = 4 * 1024 * 1024
NO_CONTENT = "return-no-content"

_LETTERS = {
    Write.INSERT: ("a",),
    Write.REPLACE: ("u",),
    Write.MERGE: ("u",),
    Write.UPSERT_REPLACE: ("a", "u"),
    Write.UPSERT_MERGE: ("a", "u"),
    Write.DELETE: ("d",),
}


class WriteRequest(NamedTuple):
    """One write as a request of its own or as a part of a batch."""

    table: str
    operation: Operation
    returns_content: bool


def write_request(
    request: StorageRequest, path: TablePath, method: str, headers: Mapping[str, str], body: bytes
) -> WriteRequest:
    """Return the write that a method on a path means.

    Args:
        request: around it; its grant must cover the write.
        headers: of the write itself, names in lower case.
    """
    method = _effective_method(method, headers)
    if path.of_list:
        raise unsupported(request, f"{method} {path.table or 'Tables'} in a batch")
    if path.keys is None:
        if method != "POST":
            raise refusal("UnsupportedHttpVerb")
        entity, etag, write = read_object(body), ANY, Write.INSERT
    else:
        entity, etag, write = _addressed(method, path.keys, headers, body)
    _check_grant(request, path.table, write, entity)
    returns_content = write is Write.INSERT and headers.get("prefer", "").lower() != NO_CONTENT
    return WriteRequest(path.table, Operation(write, entity, etag), returns_content)


def _addressed(
    method: str, keys: tuple[str, str], headers: Mapping[str, str], body: bytes
) -> tuple[dict[str, Any], str, Write]:
    etag = headers.get("if-match")
    if method == "POST":
        raise refusal("UnsupportedHttpVerb")
    if method == "DELETE":
        if etag is None:
            raise missing_header("If-Match")
        return {"PartitionKey": keys[0], "RowKey": keys[1]}, etag, Write.DELETE
    writes = {"PUT": (Write.REPLACE, Write.UPSERT_REPLACE), "PATCH": (Write.MERGE, Write.UPSERT_MERGE)}
    conditional, unconditional = writes["PATCH" if method == "MERGE" else method]
    entity = read_object(body) | {"PartitionKey": keys[0], "RowKey": keys[1]}
    return entity, etag or ANY, unconditional if etag is None else conditional


def _effective_method(method: str, headers: Mapping[str, str]) -> str:
    tunneled = headers.get("x-http-method", "").upper()
    if tunneled and method != "POST":
        raise refusal("XMethodNotUsingPost", "X-HTTP-Method stands on POST requests only.")
    if tunneled and tunneled not in ("PUT", "PATCH", "MERGE", "DELETE"):
        raise refusal("XMethodIncorrectValue", f"X-HTTP-Method cannot be {tunneled!r}.")
    method = tunneled or method
    if method not in ("POST", "PUT", "PATCH", "MERGE", "DELETE"):
        raise refusal("UnsupportedHttpVerb")
    return method


def _check_grant(request: StorageRequest, table: str, write: Write, entity: Mapping[str, Any]) -> None:
    grant = request.grant
    signed_table = request.query.get("tn")
    if grant.permissions is not None and signed_table is not None and signed_table.lower() != table.lower():
        raise refusal("AuthorizationFailure")
    if not all(grant.allows(letter) for letter in _LETTERS[write]):
        raise refusal("AuthorizationPermissionMismatch")
    _check_keys(request, str(entity.get("PartitionKey", "")), str(entity.get("RowKey", "")))


def _check_keys(request: StorageRequest, partition: str, row: str) -> None:
    keys = request.grant.keys
    if keys is not None and not keys.covers(partition, row):
        raise refusal("AuthorizationFailure")


async def write_one(tables: EmbeddedTables, request: StorageRequest, path: TablePath) -> StorageReply:
    """Do a single write."""
    write = write_request(request, path, request.method, request.headers, await request.body.read(MAX_BODY))
    etag = await tables.write(write.table, write.operation)
    entity = await _written(tables, write) if write.returns_content else None
    return write_reply(request, write, etag, entity, accepted_metadata(request.query, request.headers))


async def _written(tables: EmbeddedTables, write: WriteRequest) -> Mapping[str, Any]:
    entity = write.operation.entity
    return await tables.get(write.table, entity["PartitionKey"], entity["RowKey"])


def write_reply(
    request: StorageRequest, write: WriteRequest, etag: str | None, entity: Mapping[str, Any] | None, level: Metadata
) -> StorageReply:
    """Return the answer to a write; with the entity if it was inserted and is wanted back."""
    headers = {"cache-control": "no-cache"}
    if etag is not None:
        headers["etag"] = etag
    if write.operation.write is Write.INSERT:
        given = write.operation.entity
        link = entity_link(write.table, given["PartitionKey"], given["RowKey"])
        headers["location"] = headers["dataserviceid"] = f"{request.url}/{link}"
        headers["preference-applied"] = "return-content" if write.returns_content else NO_CONTENT
    if entity is None:
        return StorageReply(204, headers)
    return json_reply(201, entity_body(request, write.table, entity, level), level, headers)


async def read_one(tables: EmbeddedTables, request: StorageRequest, path: TablePath) -> StorageReply:
    """Answer with one entity."""
    partition, row = path.keys or ("", "")
    _check_keys(request, partition, row)
    level = accepted_metadata(request.query, request.headers)
    entity = await tables.get(path.table, partition, row)
    etag = {"etag": str(entity["odata.etag"])}
    body = entity_body(request, path.table, projected(entity, _selected(request.query)), level)
    return json_reply(200, body, level, etag)


async def query(tables: EmbeddedTables, request: StorageRequest, path: TablePath) -> StorageReply:
    """Answer with one page of entities."""
    level = accepted_metadata(request.query, request.headers)
    names = _selected(request.query)
    page = await tables.query(
        path.table,
        granted_filter(request.grant.keys, request.query.get("$filter", "")),
        top=page_size(request.query),
        after=continuation_of(request.query),
    )
    body = entities_body(request, path.table, [projected(entity, names) for entity in page.entities], level)
    return json_reply(200, body, level, next_headers(page.next))


def granted_filter(keys: KeyRange | None, filter: str) -> str:
    """Return a filter that selects nothing, and looks at nothing, outside of the keys of a signature."""
    if keys is None:
        return filter
    # What is no filter by itself could close the parentheses around it.
    parts = [f"({filter})"] if parse_filter(filter) is not None else []
    if keys.start_partition is not None:
        partition, row = string_literal(keys.start_partition), string_literal(keys.start_row or "")
        parts.append(f"(PartitionKey gt {partition} or PartitionKey eq {partition} and RowKey ge {row})")
    if keys.end_partition is not None:
        partition = string_literal(keys.end_partition)
        last = "" if keys.end_row is None else f" and RowKey le {string_literal(keys.end_row)}"
        parts.append(f"(PartitionKey lt {partition} or PartitionKey eq {partition}{last})")
    return " and ".join(parts)


def projected(entity: Mapping[str, Any], names: tuple[str, ...]) -> Mapping[str, Any]:
    """Return the properties `names` of an entity, all if there are none."""
    if not names:
        return entity
    kept = (*names, "odata.etag")
    return {name: value for name, value in entity.items() if name.partition("@")[0] in kept}


def page_size(query: Mapping[str, str]) -> int:
    """Return how many results a page may hold."""
    text = query.get("$top")
    if text is None:
        return MAX_PAGE
    if not text.isdecimal():
        raise wrong_query("$top", text)
    top = int(text)
    if not 0 < top <= MAX_PAGE:
        raise out_of_range("$top", text, 1, MAX_PAGE)
    return top


def _selected(query: Mapping[str, str]) -> tuple[str, ...]:
    names = tuple(name.strip() for name in query.get("$select", "").split(",") if name.strip())
    return () if "*" in names else names
