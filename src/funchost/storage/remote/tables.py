"""RemoteTables: a TableStore over HTTP. Source of the protocol: the reference of the table service."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from funchost.errors import StorageError
from funchost.storage.remote.entity_batch import JSON, batch_parts, batch_request, entity_write
from funchost.storage.remote.entity_text import entity_from, entity_path
from funchost.storage.remote.failure import about_answer, refusal
from funchost.storage.remote.service import ServiceClient
from funchost.storage.tables import ANY, MAX_PAGE, Continuation, Entity, EntityPage, Operation, Write

_HEADERS = {"accept": JSON, "dataserviceversion": "3.0"}
_CONTINUATION = "x-ms-continuation-"
_ONCE_IS_TWICE = (Write.UPSERT_REPLACE, Write.UPSERT_MERGE, Write.REPLACE, Write.MERGE)


class RemoteTables:
    """Tables of an account over HTTP.

    A call that got no answer raises StorageUnavailableError and may have happened all the same. Reads and writes
    without a condition are repeated; inserts, deletes, batches and writes that name an ETag are not, since the
    repetition would meet the result of the first attempt. `create_table` returns False when an
    unanswered attempt made the table.
    """

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    @property
    def url(self) -> str:
        return self._client.url

    async def create_table(self, table: str) -> bool:
        body = json.dumps({"TableName": table}).encode()
        headers = {**_HEADERS, "content-type": "application/json", "prefer": "return-no-content"}
        try:
            await self._client.call("POST", "/Tables", {}, headers, body, repeatable=True)
        except StorageError as error:
            if error.code == "TableAlreadyExists":
                return False
            raise
        return True

    async def delete_table(self, table: str) -> None:
        await self._client.call("DELETE", f"/Tables('{quote(table, safe='')}')", {}, _HEADERS)

    async def list_tables(self) -> tuple[str, ...]:
        names: list[str] = []
        query: dict[str, str] = {}
        while True:
            reply = await self._client.call("GET", "/Tables", query, _HEADERS, repeatable=True)
            with about_answer(self.url):
                names += [entry["TableName"] for entry in json.loads(reply.body)["value"]]
            following = reply.headers.get(f"{_CONTINUATION}NextTableName")
            if not following:
                return tuple(names)
            query["NextTableName"] = following

    async def get(self, table: str, partition: str, row: str) -> Entity:
        path = entity_path(table, {"PartitionKey": partition, "RowKey": row})
        reply = await self._client.call("GET", path, {}, _HEADERS, repeatable=True)
        with about_answer(self.url):
            members: dict[str, Any] = json.loads(reply.body)
            return entity_from({"odata.etag": reply.headers.get("ETag", ""), **members})

    async def query(
        self,
        table: str,
        filter: str = "",
        *,
        select: Sequence[str] = (),
        top: int = MAX_PAGE,
        after: Continuation | None = None,
    ) -> EntityPage:
        query = {"$top": str(top)}
        if filter:
            query["$filter"] = filter
        if select:
            query["$select"] = ",".join(select)
        if after is not None:
            query["NextPartitionKey"] = after.partition
            query["NextRowKey"] = after.row
        reply = await self._client.call("GET", f"/{quote(table, safe='')}()", query, _HEADERS, repeatable=True)
        with about_answer(self.url):
            entities = tuple([entity_from(members) for members in json.loads(reply.body)["value"]])
        return EntityPage(entities, _continuation(reply.headers))

    async def write(self, table: str, operation: Operation) -> str | None:
        write = entity_write(quote(table, safe=""), operation)
        repeatable = operation.write in _ONCE_IS_TWICE and operation.etag == ANY
        headers = {**_HEADERS, **write.headers}
        reply = await self._client.call(write.method, write.path, {}, headers, write.body, repeatable=repeatable)
        return None if operation.write is Write.DELETE else reply.headers.get("ETag")

    async def batch(self, table: str, operations: Sequence[Operation]) -> list[str | None]:
        if not operations:
            return []
        content_type, body = batch_request(self._client.url, quote(table, safe=""), operations)
        headers = {**_HEADERS, "content-type": content_type}
        reply = await self._client.call("POST", "/$batch", {}, headers, body)
        parts = batch_parts(reply.body)
        for part in parts:
            if part.status >= 300:
                raise refusal(part.status, {}, part.body, setting="", now=0.0)
        return [
            None if operation.write is Write.DELETE else part.etag
            for operation, part in zip(operations, parts, strict=True)
        ]


def _continuation(headers: Mapping[str, str]) -> Continuation | None:
    partition = headers.get(f"{_CONTINUATION}NextPartitionKey")
    return Continuation(partition, headers.get(f"{_CONTINUATION}NextRowKey", "")) if partition else None
