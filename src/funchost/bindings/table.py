"""Table bindings: an entity or a query of entities as an input, entities as an output."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from funchost.app.binding_expression import Template, parse_template
from funchost.app.invocation import NOTHING, Datum
from funchost.bindings.failure import BindingFailure, about
from funchost.bindings.kind import BindingCall, Declared
from funchost.bindings.table_entities import EntityKeys, batches, json_entity, objects_of, operation_of
from funchost.bindings.table_filter import filter_escape, query_filter
from funchost.bindings.table_name import check_table_name
from funchost.errors import StorageError
from funchost.storage.connections import Connection
from funchost.storage.tables import MAX_PAGE, Operation, TableStore

NOT_FOUND = 404
FAULT = 500


@dataclass(frozen=True)
class _Place:
    """Which table a binding is about."""

    table: Template
    connection: Connection

    async def find(self, call: BindingCall) -> tuple[TableStore, str]:
        table = call.render(self.table)
        with about(f"table '{table}'"):
            check_table_name(table)
            return (await call.account(self.connection)).tables, table


@dataclass(frozen=True)
class EntityInput:
    """Reads one entity as a JSON object; None for the function if there is none."""

    place: _Place
    partition: Template
    row: Template

    @property
    def templates(self) -> tuple[Template, ...]:
        return (self.place.table, self.partition, self.row)

    async def read(self, call: BindingCall) -> Datum:
        """Raises: BindingFailure."""
        store, table = await self.place.find(call)
        partition, row = call.render(self.partition), call.render(self.row)
        with about(f"table '{table}'"):
            try:
                entity = await store.get(table, partition, row)
            except StorageError as error:
                if error.status == NOT_FOUND:
                    return NOTHING
                raise
            return _text(json_entity(entity))


@dataclass(frozen=True)
class QueryInput:
    """Reads the entities of a partition, a filter or both as a JSON list, all pages of it.

    Args:
        take: most entities to read; None, zero and less = all.
    """

    place: _Place
    partition: Template | None
    filter: Template | None
    take: Template | None

    @property
    def templates(self) -> tuple[Template, ...]:
        return (self.place.table, *filter(None, (self.partition, self.filter, self.take)))

    async def read(self, call: BindingCall) -> Datum:
        """Raises: BindingFailure."""
        store, table = await self.place.find(call)
        partition = None if self.partition is None else call.render(self.partition)
        own = "" if self.filter is None else call.render(self.filter, filter_escape(self.filter))
        take = 0 if self.take is None else _number(call.render(self.take))
        with about(f"table '{table}'"):
            return _text(await _all(store, table, query_filter(partition, own), take))


@dataclass(frozen=True)
class TableOutput:
    """Writes entities; the table is made if it is not there.

    Entities of one partition are written all or none, up to a hundred at a time; those of several are not.
    """

    place: _Place
    partition: Template | None
    row: Template | None

    @property
    def templates(self) -> tuple[Template, ...]:
        return (self.place.table, *filter(None, (self.partition, self.row)))

    async def write(self, call: BindingCall, value: Datum) -> None:
        """Raises: BindingFailure."""
        store, table = await self.place.find(call)
        keys = EntityKeys(
            None if self.partition is None else call.render(self.partition),
            None if self.row is None else call.render(self.row),
        )
        with about(f"table '{table}'"):
            # All entities first: one that cannot be stored stops the output before any has been.
            for batch in batches([operation_of(given, keys) for given in objects_of(value)]):
                await _write(store, table, batch)


class TableKind:
    """Plans bindings of type `table`."""

    def plan_input(self, declared: Declared) -> EntityInput | QueryInput:
        """Raises: DeclarationProblem."""
        place = _place(declared)
        partition, row = declared.template("partitionkey"), declared.template("rowkey")
        if row is not None:
            if partition is None:
                raise declared.problem("an entity needs a 'partitionKey' as well.", "rowkey")
            return EntityInput(place, partition, row)
        return QueryInput(place, partition, declared.template("filter"), _take(declared))

    def plan_output(self, declared: Declared) -> TableOutput:
        """Raises: DeclarationProblem."""
        return TableOutput(_place(declared), declared.template("partitionkey"), declared.template("rowkey"))


def _place(declared: Declared) -> _Place:
    table = declared.required("tablename")
    if table.constant is not None:
        try:
            check_table_name(table.constant)
        except ValueError as error:
            raise declared.problem(f"{error}.", "tablename") from error
    return _Place(table, declared.connection())


def _take(declared: Declared) -> Template | None:
    """The number as it stands in function.json, or a text with expressions."""
    value = declared.binding.properties.get("take")
    if isinstance(value, int) and not isinstance(value, bool):
        return parse_template(str(value))
    template = declared.template("take")
    if template is not None and template.constant is not None:
        try:
            int(template.constant)
        except ValueError:
            raise declared.problem(f"{template.constant!r} is no whole number.", "take") from None
    return template


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BindingFailure(f"'take' is {text!r}, which is no whole number.") from None


async def _all(store: TableStore, table: str, filter: str, take: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = None
    while True:
        top = min(MAX_PAGE, take - len(found)) if take > 0 else MAX_PAGE
        page = await store.query(table, filter, top=top, after=after)
        found += map(json_entity, page.entities)
        after = page.next
        if after is None or 0 < take <= len(found):
            return found


async def _write(store: TableStore, table: str, batch: list[Operation]) -> None:
    try:
        await _write_once(store, table, batch)
    except StorageError as error:
        if error.code != "TableNotFound":
            raise
        await store.create_table(table)
        await _write_once(store, table, batch)


async def _write_once(store: TableStore, table: str, batch: list[Operation]) -> None:
    try:
        if len(batch) == 1:
            await store.write(table, batch[0])
        else:
            await store.batch(table, batch)
    except StorageError as error:
        raise _with_entity(error, batch) from error


def _with_entity(error: StorageError, batch: list[Operation]) -> StorageError:
    """Return an error that names the entity, where the service gives its place in the batch, as ``12:Reason``."""
    place, _, reason = ("0", "", error.reason) if len(batch) == 1 else error.reason.partition(":")
    if error.status >= FAULT or not place.isdecimal() or int(place) >= len(batch):
        return error
    keys = batch[int(place)].entity
    named = f"It is the entity with PartitionKey {keys['PartitionKey']!r} and RowKey {keys['RowKey']!r}."
    return StorageError(error.code, f"{reason} {named}", error.status)


def _text(value: object) -> Datum:
    return Datum("string", json.dumps(value, ensure_ascii=False, separators=(",", ":")))
