"""Table bindings around a call, on a store in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from funchost.app.function_app import Binding, Direction, Function, Model
from funchost.app.host_json import HostConfig
from funchost.app.invocation import NOTHING, Datum, Invocation
from funchost.app.problem import DeclarationProblem
from funchost.bindings.failure import BindingFailure
from funchost.bindings.kind import BindingCall, Declared
from funchost.bindings.table import TableKind
from funchost.errors import StorageError
from funchost.settings import load_settings
from funchost.storage.account import StorageAccount
from funchost.storage.connections import Connection
from funchost.storage.odata.evaluation import predicate_of
from funchost.storage.odata.parser import parse_filter
from funchost.storage.tables import MAX_PAGE, Continuation, Entity, EntityPage, Operation, Write

SETTINGS = load_settings({"AzureWebJobsStorage": "UseDevelopmentStorage=true"})


class MemoryTables:
    """A TableStore with pages of two entities and the writes that bindings need."""

    url = "http://memory"

    def __init__(self) -> None:
        self.tables: dict[str, dict[tuple[str, str], Entity]] = {}
        self.queries: list[tuple[str, int]] = []
        self.batches: list[int] = []

    async def create_table(self, table: str) -> bool:
        return self.tables.setdefault(table, {}) == {}

    async def delete_table(self, table: str) -> None:
        del self.tables[table]

    async def list_tables(self) -> tuple[str, ...]:
        return tuple(self.tables)

    async def get(self, table: str, partition: str, row: str) -> Entity:
        found = self._table(table).get((partition, row))
        if found is None:
            raise StorageError("ResourceNotFound", "The specified resource does not exist.", 404)
        return found

    async def query(
        self,
        table: str,
        filter: str = "",
        *,
        select: Sequence[str] = (),
        top: int = MAX_PAGE,
        after: Continuation | None = None,
    ) -> EntityPage:
        self.queries.append((filter, top))
        expression = parse_filter(filter)
        found = [
            entity
            for key, entity in sorted(self._table(table).items())
            if (expression is None or predicate_of(expression)(entity)) and key >= (after or ("", ""))
        ]
        size = min(top, 2)
        following = [Continuation(item["PartitionKey"], item["RowKey"]) for item in found[size : size + 1]]
        return EntityPage(tuple(found[:size]), following[0] if following else None)

    async def write(self, table: str, operation: Operation) -> str | None:
        rows = self._table(table)
        key = (operation.entity["PartitionKey"], operation.entity["RowKey"])
        if operation.write is Write.INSERT and key in rows:
            raise StorageError("EntityAlreadyExists", "The specified entity already exists.", 409)
        rows[key] = operation.entity
        return "W/x"

    async def batch(self, table: str, operations: Sequence[Operation]) -> list[str | None]:
        self._table(table)
        self.batches.append(len(operations))
        written = []
        for index, operation in enumerate(operations):
            try:
                written.append(await self.write(table, operation))
            except StorageError as error:
                raise StorageError(error.code, f"{index}:{error.reason}", error.status) from error
        return written

    def _table(self, table: str) -> dict[tuple[str, str], Entity]:
        if table not in self.tables:
            raise StorageError("TableNotFound", "The table specified does not exist.", 404)
        return self.tables[table]


class Accounts:
    """Opens the one account."""

    def __init__(self, tables: MemoryTables) -> None:
        self._account: Any = SimpleNamespace(tables=tables)

    async def account(self, connection: Connection) -> StorageAccount:
        assert connection.development
        account: StorageAccount = self._account
        return account


TRIGGER = Binding("msg", "queueTrigger", Direction.IN)
FUNCTION = Function(
    "f", Path("/app/f"), Path("/app/f/__init__.py"), None, (TRIGGER,), Model.FUNCTION_JSON, Path("/app")
)


def declared(properties: Mapping[str, object]) -> Declared:
    lowered = {name.lower(): value for name, value in properties.items()}
    binding = Binding("rows", "table", Direction.IN, properties=lowered, raw=properties)
    return Declared(FUNCTION, binding, HostConfig(), SETTINGS)


def call(tables: MemoryTables, message: str = "{}") -> BindingCall:
    resources: Any = SimpleNamespace(accounts=Accounts(tables))
    invocation = Invocation("id", FUNCTION, (("msg", Datum("string", message)),))
    return BindingCall(invocation, resources)


def read(tables: MemoryTables, message: str = "{}", **properties: object) -> Datum:
    planned = TableKind().plan_input(declared({"tableName": "People", **properties}))
    return asyncio.run(planned.read(call(tables, message)))


def write(tables: MemoryTables, value: object, message: str = "{}", **properties: object) -> None:
    planned = TableKind().plan_output(declared({"tableName": "People", **properties}))
    asyncio.run(planned.write(call(tables, message), Datum("json", json.dumps(value))))


@pytest.fixture
def tables() -> MemoryTables:
    tables = MemoryTables()
    tables.tables["People"] = {
        (partition, row): {
            "odata.etag": "x",
            "PartitionKey": partition,
            "RowKey": row,
            "Timestamp": "2020-01-01T00:00:00Z",
            "n": number,
        }
        for number, (partition, row) in enumerate([("p", "1"), ("p", "2"), ("p", "3"), ("q", "1"), ("it's", "1")])
    }
    return tables


def test_one_entity(tables: MemoryTables) -> None:
    found = read(tables, '{"id": "2"}', partitionKey="p", rowKey="{id}")
    assert found == Datum("string", '{"PartitionKey":"p","RowKey":"2","n":1}')


def test_an_entity_or_a_table_that_is_not_there_is_nothing(tables: MemoryTables) -> None:
    assert read(tables, partitionKey="p", rowKey="9") == NOTHING
    assert read(tables, tableName="Missing", partitionKey="p", rowKey="9") == NOTHING


def rows(datum: Datum) -> list[tuple[str, str]]:
    return [(item["PartitionKey"], item["RowKey"]) for item in json.loads(str(datum.value))]


def test_a_partition_on_all_of_its_pages(tables: MemoryTables) -> None:
    assert rows(read(tables, partitionKey="p")) == [("p", "1"), ("p", "2"), ("p", "3")]
    assert len(tables.queries) == 2
    assert rows(read(tables, '{"who": "it\'s"}', partitionKey="{who}")) == [("it's", "1")]


def test_everything(tables: MemoryTables) -> None:
    assert len(rows(read(tables))) == 5
    assert rows(read(tables, filter="n eq 100")) == []


def test_a_filter_with_values_of_the_event(tables: MemoryTables) -> None:
    assert rows(read(tables, '{"n": 1}', filter="n ge {n} and PartitionKey ne 'q'", partitionKey="p")) == [
        ("p", "2"),
        ("p", "3"),
    ]


@pytest.mark.parametrize(("take", "expected"), [(1, 1), (3, 3), ("3", 3), ("{count}", 4), (0, 5), (50, 5)])
def test_no_more_than_is_to_be_taken(tables: MemoryTables, take: object, expected: int) -> None:
    assert len(rows(read(tables, '{"count": 4}', take=take))) == expected
    assert all(top <= 1000 for _, top in tables.queries)


def test_the_table_may_be_named_by_the_event(tables: MemoryTables) -> None:
    assert len(rows(read(tables, '{"table": "People"}', tableName="{table}"))) == 5
    with pytest.raises(BindingFailure, match="table 'no-name': 'no-name' cannot name a table"):
        read(tables, '{"table": "no-name"}', tableName="{table}")


def test_a_query_of_a_missing_table_fails(tables: MemoryTables) -> None:
    with pytest.raises(BindingFailure, match="table 'Missing'.*TableNotFound"):
        read(tables, tableName="Missing")


def test_an_object_and_a_list_are_inserted_and_the_table_is_made() -> None:
    tables = MemoryTables()
    write(tables, {"RowKey": "1", "n": 1}, partitionKey="p")
    write(tables, [{"RowKey": str(number)} for number in range(2, 250)], '{"who": "p"}', partitionKey="{who}")
    assert len(tables.tables["People"]) == 249
    assert tables.batches == [100, 100, 48]
    with pytest.raises(BindingFailure, match=r"table 'People'.*EntityAlreadyExists"):
        write(tables, {"RowKey": "1"}, partitionKey="p")


@pytest.mark.parametrize("rows", [["it's"], ["0", "1", "it's"]])
def test_an_entity_that_cannot_be_written_is_named(rows: list[str]) -> None:
    tables = MemoryTables()
    write(tables, {"RowKey": "it's"}, partitionKey="p")
    with pytest.raises(BindingFailure) as caught:
        write(tables, [{"RowKey": row} for row in rows], partitionKey="p")
    assert str(caught.value) == (
        "table 'People': The specified entity already exists. It is the entity with PartitionKey 'p' and RowKey"
        ' "it\'s". (EntityAlreadyExists)'
    )


def test_nothing_is_written_when_one_entity_cannot_be() -> None:
    tables = MemoryTables()
    with pytest.raises(BindingFailure, match="no RowKey"):
        write(tables, [{"PartitionKey": "p", "RowKey": "1"}, {"PartitionKey": "p"}])
    assert tables.tables == {}


def test_an_empty_list_writes_nothing() -> None:
    tables = MemoryTables()
    write(tables, [])
    assert tables.tables == {}


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"tableName": ""}, "'tableName'|'tablename'"),
        ({"tableName": "a-b"}, "'tableName' of the binding 'rows': 'a-b' cannot name a table"),
        ({"rowKey": "1"}, "'rowKey' of the binding 'rows'.*partitionKey"),
        ({"take": "many"}, "'take' of the binding 'rows': 'many' is no whole number"),
        ({"connection": "Nowhere"}, "Nowhere"),
        ({"filter": "{"}, "'filter' of the binding 'rows'"),
    ],
)
def test_what_is_wrong_is_known_when_the_app_is_read(properties: dict[str, object], reason: str) -> None:
    with pytest.raises(DeclarationProblem, match=reason):
        TableKind().plan_input(declared({"tableName": "People", **properties}))
