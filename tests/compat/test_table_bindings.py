"""Table bindings from function.json and decorators: entities, queries, lists, expressions, failures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from funchost.storage.account import StorageAccount
from funchost.testing import HostProcess, eventually
from tests.compat.app_folders import copy_of
from tests.compat.app_storage import AppStorage, Store


@pytest.fixture(scope="module")
def app(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of("table_bindings", tmp_path_factory.mktemp("apps"))


@pytest.fixture(scope="module")
def host(store: Store, app: Path) -> Iterator[HostProcess]:
    with HostProcess(app, env={**store.settings, "Prefix": "eu"}) as host:
        yield host


@pytest.fixture(scope="module")
def decorators(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    with HostProcess(copy_of("decorators_tables", tmp_path_factory.mktemp("apps")), env=store.settings) as host:
        yield host


@pytest.fixture(scope="module")
def storage(store: Store, app: Path) -> AppStorage:
    return store.storage_of(app)


def entities(storage: AppStorage, table: str) -> list[Mapping[str, Any]]:
    async def work(account: StorageAccount) -> list[Mapping[str, Any]]:
        return list((await account.tables.query(table)).entities)

    return storage.do(work)


def answer(host: HostProcess, path: str) -> Any:
    """The JSON of a function's answer."""
    return host.get(path).json()


def add(host: HostProcess, shelf: str, books: Any) -> int:
    return host.post(f"/api/add/{shelf}", json.dumps(books).encode()).status


def test_an_entity_and_a_list_of_them_are_written_and_read(host: HostProcess, storage: AppStorage) -> None:
    assert add(host, "red", {"title": "Ä 'quoted' one", "pages": 2**40, "rating": 4.5, "tags": ["a", "b"]}) == 200
    found = host.get("/api/one/red/only").text
    assert found.startswith("str ")
    assert json.loads(found[4:]) == {
        "PartitionKey": "red",
        "RowKey": "only",
        "title": "Ä 'quoted' one",
        "pages": 2**40,
        "rating": 4.5,
        "tags": '["a","b"]',
    }
    (stored,) = [book for book in entities(storage, "euBooks") if book["PartitionKey"] == "red"]
    assert stored["pages@odata.type"] == "Edm.Int64"
    assert add(host, "blue", [{"rowkey": f"{n:04}", "title": f"t{n}", "pages": n} for n in range(1200)]) == 200
    assert json.loads(host.get("/api/one/blue/1199").text[4:])["title"] == "t1199"
    assert {entry["shelf"] for entry in entities(storage, "Log")} >= {"red", "blue"}


def test_what_is_not_there_is_none(host: HostProcess) -> None:
    assert host.get("/api/one/green/7").text == "nothing"


def test_a_partition_is_read_whole_and_a_filter_as_far_as_wanted(host: HostProcess) -> None:
    assert add(host, "white", [{"RowKey": f"{n:04}", "title": f"it's {n}", "pages": n} for n in range(1100)]) == 200
    shelf, found = answer(host, "/api/search/white?title=it's+7&pages=1090")
    assert shelf == [f"{n:04}" for n in range(1100)]
    assert found == ["0007", "1091"]
    _, found = answer(host, "/api/search/white?title='+or+''+eq+'&pages=5000")
    assert found == []


def test_a_filter_cannot_be_changed_by_a_value(host: HostProcess) -> None:
    assert host.get("/api/search/white?title=x&pages=1+or+true").status == 500
    host.wait_for_line(r"input binding 'found': the value '1 or true' cannot stand in the filter outside of quotes")


def test_an_entity_that_exists_already_is_not_inserted(host: HostProcess) -> None:
    assert add(host, "black", {"n": 1}) == 200
    assert add(host, "black", {"n": 2}) == 500
    host.wait_for_line(r"output binding 'books': table 'euBooks': The specified entity already exists")


def test_what_is_no_entity_fails_the_call(host: HostProcess) -> None:
    assert host.post("/api/add/black", b"no json").status == 500
    host.wait_for_line(r"output binding 'books': table 'euBooks': the value is not JSON")


def test_a_queue_message_leads_from_one_table_to_another(host: HostProcess, storage: AppStorage) -> None:
    assert add(host, "old", {"title": "t"}) == 200

    async def send(account: StorageAccount) -> None:
        await account.queues.create("archive")
        await account.queues.put("archive", "eyJzaGVsZiI6ICJvbGQiLCAiaWQiOiAib25seSJ9")

    async def archived(account: StorageAccount) -> list[Mapping[str, Any]]:
        if "Archive" not in await account.tables.list_tables():
            return []
        return list((await account.tables.query("Archive")).entities)

    storage.do(send)
    eventually(lambda: len(storage.do(archived)) == 2)
    first, second = entities(storage, "Archive")
    assert json.loads(first["book"]) == {"PartitionKey": "old", "RowKey": "only", "title": "t"}
    assert (second["PartitionKey"], second["RowKey"]) == ("old", "2")


def test_decorated_functions(decorators: HostProcess) -> None:
    assert decorators.get("/api/people/1").status == 404
    for number in range(5):
        person = json.dumps({"age": number * 10}).encode()
        assert decorators.request("PUT", f"/api/people/{number}", body=person).text == "saved", decorators.output
    assert decorators.request("PUT", "/api/people/4", body=b'{"age": 41}').status == 200
    assert decorators.get("/api/people/4").json() == {"PartitionKey": "all", "RowKey": "4", "age": 41}
    assert [person["age"] for person in answer(decorators, "/api/older/15")] == [20, 30, 41]
    assert decorators.get("/api/generic").text == "5"


def test_a_table_that_cannot_be_is_known_at_the_start(decorators: HostProcess) -> None:
    decorators.wait_for_line(r"The 'broken' function is in error: 'tableName' of the binding 'people': 'not-a-name'")
    assert decorators.get("/api/broken").status == 500
