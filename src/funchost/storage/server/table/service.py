"""TableService: the operations of the Table service, by path and method."""

from __future__ import annotations

from funchost.storage.embedded.store import EmbeddedStore
from funchost.storage.embedded.table_errors import table_error
from funchost.storage.embedded.tables import EmbeddedTables
from funchost.storage.odata.evaluation import predicate_of
from funchost.storage.odata.parser import parse_filter
from funchost.storage.server.exchange import StorageReply, StorageRequest
from funchost.storage.server.grant import StoredPolicy
from funchost.storage.server.policies import MAX_DOCUMENT, policies_document, read_policies
from funchost.storage.server.refusal import refusal, unsupported
from funchost.storage.server.table.continuation import decoded, encoded
from funchost.storage.server.table.entities import MAX_BODY, NO_CONTENT, page_size, query, read_one, write_one
from funchost.storage.server.table.payload import (
    accepted_metadata,
    json_reply,
    read_object,
    table_body,
    tables_body,
)
from funchost.storage.server.table.table_path import BATCH, TablePath, parse_path
from funchost.storage.server.table.transaction import transact

_NEXT_TABLE = "x-ms-continuation-nexttablename"


class TableService:
    """The Table service of one store."""

    def __init__(self, store: EmbeddedStore) -> None:
        self._engine = store.engine
        self._accounts: dict[str, EmbeddedTables] = {}

    async def handle(self, request: StorageRequest) -> StorageReply:
        """Do what the request says; StorageError as the service refuses, 501 for what this service does not cover."""
        tables = self._tables(request.account)
        if request.path == BATCH:
            if request.method != "POST":
                raise refusal("UnsupportedHttpVerb")
            return await transact(tables, request)
        path = parse_path(request.path)
        if path.of_list:
            return await self._list_operation(tables, request, path)
        comp = request.query.get("comp", "")
        if comp:
            return await self._table_operation(tables, request, path, comp)
        if request.method in ("GET", "HEAD"):
            return await (query if path.keys is None else read_one)(tables, request, path)
        return await write_one(tables, request, path)

    async def stored_policy(self, account: str, resource: str, identifier: str) -> StoredPolicy | None:
        """Return a stored access policy of a table; None if there is none by that identifier.

        Args:
            resource: the first part of a path, which may address an entity.
        """
        text = await self._tables(account).policies(resource.partition("(")[0])
        return next((policy for policy in read_policies(text.encode()) if policy.id == identifier), None)

    async def public_access(self, account: str, resource: str) -> str:
        """Return that nobody reads tables without a signature."""
        return ""

    def _tables(self, account: str) -> EmbeddedTables:
        tables = self._accounts.get(account)
        if tables is None:
            tables = self._accounts[account] = EmbeddedTables(self._engine, account, "")
        return tables

    async def _list_operation(self, tables: EmbeddedTables, request: StorageRequest, path: TablePath) -> StorageReply:
        match request.method, bool(path.table):
            case "GET" | "HEAD", False:
                return await _list_tables(tables, request)
            case "GET" | "HEAD", True:
                level = accepted_metadata(request.query, request.headers)
                return json_reply(200, table_body(request, await tables.table(path.table), level), level, {})
            case "POST", False:
                return await _create_table(tables, request)
            case "DELETE", True:
                await tables.delete_table(path.table)
                return StorageReply(204, {"cache-control": "no-cache"})
            case _:
                raise refusal("UnsupportedHttpVerb")

    async def _table_operation(
        self, tables: EmbeddedTables, request: StorageRequest, path: TablePath, comp: str
    ) -> StorageReply:
        match request.method, comp:
            case "GET" | "HEAD", "acl":
                policies = read_policies((await tables.policies(path.table)).encode())
                return StorageReply(200, {"content-type": "application/xml"}, policies_document(policies))
            case "PUT", "acl":
                body = await request.body.read(MAX_DOCUMENT)
                read_policies(body)
                await tables.set_policies(path.table, body.decode())
                return StorageReply(204)
            case _:
                raise unsupported(request, f"{request.method} comp={comp}")


async def _list_tables(tables: EmbeddedTables, request: StorageRequest) -> StorageReply:
    level = accepted_metadata(request.query, request.headers)
    top = page_size(request.query)
    expression = parse_filter(request.query.get("$filter", ""))
    test = None if expression is None else predicate_of(expression)
    start: str | None = decoded("NextTableName", request.query.get("nexttablename", ""))
    found: list[str] = []
    while start is not None and len(found) < top:
        names, start = await tables.tables_page(start, top - len(found))
        found += [name for name in names if test is None or test({"TableName": name})]
    headers = {} if start is None else {_NEXT_TABLE: encoded(start)}
    return json_reply(200, tables_body(request, found, level), level, headers)


async def _create_table(tables: EmbeddedTables, request: StorageRequest) -> StorageReply:
    level = accepted_metadata(request.query, request.headers)
    name = read_object(await request.body.read(MAX_BODY)).get("TableName")
    if not isinstance(name, str):
        raise table_error("PropertiesNeedValue", "The body has no text for TableName.")
    if not await tables.create_table(name):
        raise table_error("TableAlreadyExists")
    location = f"{request.url}/Tables('{name}')"
    headers = {"location": location, "dataserviceid": location}
    if request.headers.get("prefer", "").lower() == NO_CONTENT:
        return StorageReply(204, {**headers, "preference-applied": NO_CONTENT})
    return json_reply(201, table_body(request, name, level), level, {**headers, "preference-applied": "return-content"})
