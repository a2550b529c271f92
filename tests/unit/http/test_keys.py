from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from funchost.http.endpoint import AuthLevel
from funchost.http.key_files import SNAPSHOT_LIMIT, KeyFiles
from funchost.http.keys import FUNCTION_KEYS, HIT_SECONDS, MISS_SECONDS, SYSTEM_KEYS, KeySet, KeyStore, can_have_keys
from funchost.logs import HostLog, LogFilter
from tests.unit.http.apps import Lines


class Store(KeyStore):
    """A key store with its console, and a clock that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.console = Lines()
        self.now = 1000.0
        super().__init__(folder, HostLog(self.console, LogFilter({})), clock=lambda: self.now, settle_seconds=0.01)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "app" / "secrets"


@pytest.fixture
def store(folder: Path) -> Store:
    return Store(folder)


def document(folder: Path, name: str) -> dict[str, object]:
    content: dict[str, object] = json.loads((folder / f"{name}.json").read_bytes())
    return content


async def test_nothing_is_made_before_a_key_is_needed(store: Store, folder: Path) -> None:
    assert not folder.exists()
    await store.host_keys()
    assert [path.name for path in sorted(folder.glob("*.json"))] == ["host.json"]
    await store.keys(KeySet("keys", "MyFunc"))
    assert [path.name for path in sorted(folder.glob("*.json"))] == ["host.json", "myfunc.json"]


async def test_key_files_are_for_their_owner_only_and_not_for_repositories(store: Store, folder: Path) -> None:
    await store.host_keys()
    assert folder.stat().st_mode & 0o777 == 0o700
    for name in ("host.json", ".lock"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    assert (folder / ".gitignore").read_text() == "*\n"
    assert {path.name for path in folder.iterdir()} == {"host.json", ".lock", ".gitignore"}


async def test_what_each_key_proves(store: Store) -> None:
    host = await store.host_keys()
    own = (await store.keys(KeySet("keys", "Mine")))["default"]
    system, _ = await store.put(SYSTEM_KEYS, "blobs_extension", None)
    assert await store.level_of(host.master, "Mine") is AuthLevel.ADMIN
    assert await store.level_of(host.function["default"], "Mine") is AuthLevel.FUNCTION
    assert await store.level_of(own, "MINE") is AuthLevel.FUNCTION
    assert await store.level_of(own, "Other") is AuthLevel.ANONYMOUS
    assert await store.level_of(own) is AuthLevel.ANONYMOUS
    assert await store.level_of(system, "Mine") is AuthLevel.SYSTEM
    for wrong in ("", "x", host.master[:-1], host.master + "x", "\udcff", "é"):
        assert await store.level_of(wrong, "Mine") is AuthLevel.ANONYMOUS


async def test_system_keys_open_their_own_extension_only(store: Store) -> None:
    value, created = await store.put(SYSTEM_KEYS, "blobs_extension", None)
    assert created
    assert await store.proves_system(value, "blobs_extension")
    assert not await store.proves_system(value, "eventgrid_extension")
    assert not await store.proves_system("", "eventgrid_extension")
    assert await store.proves_system((await store.host_keys()).master, "eventgrid_extension")


async def test_keys_outlive_the_host(store: Store, folder: Path) -> None:
    before = await store.host_keys()
    assert await Store(folder).host_keys() == before


async def test_hosts_that_start_at_once_agree_on_their_keys(folder: Path) -> None:
    stores = [Store(folder) for _ in range(5)]
    made = await asyncio.gather(*(store.host_keys() for store in stores))
    assert len({keys.master for keys in made}) == 1


async def test_many_first_requests_make_one_document(store: Store) -> None:
    made = await asyncio.gather(*(store.keys(KeySet("keys", "F")) for _ in range(20)))
    assert len({keys["default"] for keys in made}) == 1


async def test_a_key_added_by_somebody_else_counts_within_a_second(store: Store, folder: Path) -> None:
    await store.host_keys()
    content = document(folder, "host")
    content["functionKeys"] = [{"name": "theirs", "value": "added", "encrypted": False}]
    (folder / "host.json").write_text(json.dumps(content))
    assert await store.level_of("added", "F") is AuthLevel.ANONYMOUS
    store.now += MISS_SECONDS
    assert await store.level_of("added", "F") is AuthLevel.FUNCTION


async def test_a_key_removed_by_somebody_else_ends_within_seconds(store: Store, folder: Path) -> None:
    value, _ = await store.put(FUNCTION_KEYS, "old", None)
    content = document(folder, "host")
    content["functionKeys"] = []
    (folder / "host.json").write_text(json.dumps(content))
    store.now += HIT_SECONDS
    assert await store.level_of(value, "F") is AuthLevel.ANONYMOUS


async def test_changes_of_two_hosts_do_not_undo_each_other(folder: Path) -> None:
    one, two = Store(folder), Store(folder)
    await one.host_keys()
    await two.host_keys()
    await one.put(FUNCTION_KEYS, "a", "1")
    await two.put(FUNCTION_KEYS, "b", "2")
    assert {"a", "b"} <= set((await Store(folder).host_keys()).function)


async def test_a_key_document_of_the_first_runtime_is_kept_until_it_changes(store: Store, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "host.json").write_text('{"masterKey": "M", "functionKey": "F"}')
    assert await store.level_of("M") is AuthLevel.ADMIN
    assert (folder / "host.json").read_text() == '{"masterKey": "M", "functionKey": "F"}'
    await store.put_master("N")
    assert document(folder, "host")["functionKeys"] == [{"name": "default", "value": "F", "encrypted": False}]


async def test_a_broken_document_is_kept_aside_and_made_anew(store: Store, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "host.json").write_text("{ broken")
    keys = await store.host_keys()
    assert document(folder, "host")["masterKey"] == {"name": "master", "value": keys.master, "encrypted": False}
    (snapshot,) = folder.glob("host.snapshot.*.json")
    assert snapshot.read_text() == "{ broken"
    assert "new ones are made" in store.console.text


async def test_a_document_that_keeps_breaking_is_left_alone(store: Store, folder: Path) -> None:
    folder.mkdir(parents=True)
    for number in range(SNAPSHOT_LIMIT):
        (folder / f"host.snapshot.{number}.json").write_text("{ broken")
    (folder / "host.json").write_text("{ broken")
    await store.host_keys()
    store.now += HIT_SECONDS
    await store.host_keys()
    assert (folder / "host.json").read_text() == "{ broken"
    assert store.console.text.count("not made anew") == 1


async def test_a_document_caught_half_written_is_read_again(store: Store, folder: Path) -> None:
    before = await store.host_keys()
    whole = (folder / "host.json").read_bytes()
    (folder / "host.json").write_bytes(whole[:30])
    store.now += HIT_SECONDS

    async def finish_writing() -> None:
        (folder / "host.json").write_bytes(whole)

    keys, _ = await asyncio.gather(store.host_keys(), finish_writing())
    assert keys == before
    assert list(folder.glob("*.snapshot.*")) == []


async def test_without_a_place_for_files_keys_live_in_memory_and_this_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "secrets")
    keys = await store.host_keys()
    store.now += HIT_SECONDS
    value, _ = await store.put(FUNCTION_KEYS, "mine", None)
    store.now += HIT_SECONDS
    assert await store.level_of(keys.master) is AuthLevel.ADMIN
    assert await store.level_of(value, "F") is AuthLevel.FUNCTION
    assert store.console.text.count("Keys cannot be kept") == 1


def test_names_that_cannot_be_files_have_no_keys() -> None:
    assert can_have_keys("My-func_1")
    for name in ("host", "HOST", "", "..", "../x", "a/b", "1a", "a.b", "ä", "x" * 129):
        assert not can_have_keys(name)


async def test_a_failed_write_leaves_no_temporary_file(folder: Path) -> None:
    files = KeyFiles(folder)
    await files.update("host", lambda _: b"{}")
    (folder / "taken.json").mkdir()
    with pytest.raises(OSError):
        await files.update("taken", lambda _: b"{}")
    assert [name for name in os.listdir(folder) if name.startswith(".taken")] == []
