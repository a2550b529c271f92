"""EmbeddedTables: tables and entities of one account in the embedded store."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from typing import Any

from funchost.storage.embedded import table_names
from funchost.storage.embedded.engine import Engine
from funchost.storage.embedded.table_entity import decoded, entity_of, keys_of, selected
from funchost.storage.embedded.table_errors import table_error
from funchost.storage.embedded.table_query import PAGE_BYTES, PAGE_WORK, Query, Step, query_of, take_step
from funchost.storage.embedded.table_writes import apply, apply_all, prepared, prepared_batch
from funchost.storage.tables import MAX_PAGE, Continuation, Entity, EntityPage, Operation

_PURGED_AT_ONCE = 500
_TICKS_PER_MICROSECOND = 10


class EmbeddedTables:
    """A TableStore on the engine.

    Args:
        account: whose tables they are.
        url: base URL of the table service.
    """

    def __init__(self, engine: Engine, account: str, url: str) -> None:
        self._engine = engine
        self._account = account
        self._url = url
        self._last = 0

    @property
    def url(self) -> str:
        return self._url

    async def create_table(self, table: str) -> bool:
        table_names.checked_name(table)
        return await self._engine.write(lambda connection: table_names.create(connection, self._account, table))

    async def delete_table(self, table: str) -> None:
        folded = table_names.checked_name(table)
        await self._engine.write(lambda connection: table_names.delete(connection, self._account, folded))
        # A purge that is cut off is gone on with by the next deletion of a table.
        while await self._engine.write(
            lambda connection: table_names.purge(connection, _PURGED_AT_ONCE), durable=False
        ):
            pass

    async def list_tables(self) -> tuple[str, ...]:
        found: list[str] = []
        start: str | None = ""
        while start is not None:
            names, start = await self.tables_page(start)
            found += names
        return tuple(found)

    async def tables_page(self, start: str = "", top: int = MAX_PAGE) -> tuple[list[str], str | None]:
        """Return up to `top` names from `start` on, and the name that the next page begins with."""
        names = await self._engine.read(lambda connection: table_names.names(connection, self._account, start, top + 1))
        return names[:top], names[top] if len(names) > top else None

    async def table(self, table: str) -> str:
        """Return a table's name as it was given at creation; TableNotFound."""
        folded = table_names.checked_name(table)
        return await self._engine.read(lambda connection: table_names.name(connection, self._account, folded))

    async def policies(self, table: str) -> str:
        """Return the text that `set_policies` was given last, empty if none."""
        folded = table_names.checked_name(table)
        return await self._engine.read(lambda connection: table_names.policies(connection, self._account, folded))

    async def set_policies(self, table: str, text: str) -> None:
        """Keep the access policies of a table; their form is the caller's."""
        folded = table_names.checked_name(table)
        await self._engine.write(lambda connection: table_names.set_policies(connection, self._account, folded, text))

    async def get(self, table: str, partition: str, row: str) -> Entity:
        folded = table_names.checked_name(table)
        keys_of({"PartitionKey": partition, "RowKey": row})

        def read(connection: sqlite3.Connection) -> tuple[int, bytes] | None:
            number = table_names.number(connection, self._account, folded)
            found: tuple[int, bytes] | None = connection.execute(
                "SELECT changed, properties FROM entities WHERE table_id = ? AND partition_key = ? AND row_key = ?",
                (number, partition, row),
            ).fetchone()
            return found

        found = await self._engine.read(read)
        if found is None:
            raise table_error("ResourceNotFound")
        return entity_of(partition, row, found[0], decoded(found[1]))

    async def query(
        self,
        table: str,
        filter: str = "",
        *,
        select: Sequence[str] = (),
        top: int = MAX_PAGE,
        after: Continuation | None = None,
    ) -> EntityPage:
        folded = table_names.checked_name(table)
        query = query_of(filter)
        top = min(top, MAX_PAGE)
        entities: list[dict[str, Any]] = []
        looked_at = size = 0
        while True:
            step = await self._step(folded, query, after, top - len(entities), PAGE_BYTES - size)
            entities += step.entities
            looked_at += step.looked_at
            size += step.size
            after = step.next
            if after is None or len(entities) >= top or looked_at >= PAGE_WORK or size >= PAGE_BYTES:
                break
        chosen = [selected(entity, select) for entity in entities] if select else entities
        return EntityPage(tuple(chosen), after)

    def _step(self, folded: str, query: Query, after: Continuation | None, top: int, room: int) -> asyncio.Future[Step]:
        def read(connection: sqlite3.Connection) -> Step:
            number = table_names.number(connection, self._account, folded)
            return take_step(connection, number, query, after, top, room)

        return self._engine.read(read)

    async def write(self, table: str, operation: Operation) -> str | None:
        folded = table_names.checked_name(table)
        write = prepared(operation)
        stamp = self._stamp()
        return await self._engine.write(
            lambda connection: apply(connection, table_names.number(connection, self._account, folded), write, stamp)
        )

    async def batch(self, table: str, operations: Sequence[Operation]) -> list[str | None]:
        folded = table_names.checked_name(table)
        batch = prepared_batch(operations)
        if not batch:
            return []
        stamp = self._stamp()
        return await self._engine.write(
            lambda connection: apply_all(
                connection, table_names.number(connection, self._account, folded), batch, stamp
            )
        )

    def _stamp(self) -> int:
        """Return a time in ticks that no earlier write of this object got."""
        now = self._engine.now() * _TICKS_PER_MICROSECOND
        self._last = max(now, self._last + 1)
        return self._last
