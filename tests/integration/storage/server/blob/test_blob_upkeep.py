"""What stays on disk: nothing that no blob needs, everything that one does, also with several hosts and a full disk."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from funchost.app.invocation import Body
from funchost.errors import StorageError
from funchost.storage.blobs import BlobStore
from funchost.storage.embedded.blob_reading import OPEN_FILES
from funchost.storage.embedded.blob_upkeep import BlobUpkeep
from funchost.storage.embedded.blob_writes import Draft, Place
from funchost.storage.embedded.block_lists import BlockChoice, commit_blocks, stage_block
from funchost.storage.embedded.files import KEEP_SECONDS, PARTIAL, BlobFiles, FileWriter, write_failed
from funchost.storage.embedded.store import EmbeddedStore

LONG = b"x" * 300_000
OTHER = b"y" * 400_000


def run(scenario: Callable[[EmbeddedStore], Awaitable[None]], folder: Path) -> None:
    async def body() -> None:
        async with opened(folder) as store:
            await asyncio.wait_for(scenario(store), 60)

    asyncio.run(body())


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[EmbeddedStore]:
    store = await EmbeddedStore.open(folder)
    try:
        yield store
    finally:
        await store.close()


def blobs(store: EmbeddedStore) -> BlobStore:
    return store.account("devstoreaccount1").blobs


def files(store: EmbeddedStore) -> set[str]:
    return {path.name for path in store.blobs.files.folder.iterdir()}


async def content(body: bytes | Body) -> bytes:
    return body if isinstance(body, bytes) else b"".join([piece async for piece in body])


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 50
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def until_purged(store: EmbeddedStore) -> None:
    end = time.monotonic() + 50
    while await store.engine.read(lambda connection: connection.execute("SELECT 1 FROM blob_purges").fetchall()):
        assert time.monotonic() < end
        await asyncio.sleep(0.01)
    rows = await store.engine.read(lambda connection: connection.execute("SELECT count(*) FROM blobs").fetchone())
    assert rows == (1,)


class FailingBody:
    """A Body whose sender goes away."""

    size: int | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield LONG
        yield LONG
        raise ConnectionResetError("gone")


class FullDisk(BlobFiles):
    """Files on a full disk."""

    def create(self) -> FileWriter:
        return FailingWriter(self.folder)


class FailingWriter(FileWriter):
    """Writes one piece, then the disk is full."""

    def write(self, pieces: Iterable[bytes]) -> None:
        super().write(list(pieces)[:1])
        raise write_failed(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))


def test_files_follow_their_blobs(tmp_path: Path) -> None:
    async def scenario(store: EmbeddedStore) -> None:
        await blobs(store).create_container("abc")
        await blobs(store).put("abc", "a", LONG)
        assert len(files(store)) == 1
        await blobs(store).put("abc", "a", OTHER)
        assert len(files(store)) == 1
        await blobs(store).delete("abc", "a")
        assert files(store) == set()

    run(scenario, tmp_path)


def test_a_deleted_container_is_purged_in_the_background(tmp_path: Path) -> None:
    async def scenario(store: EmbeddedStore) -> None:
        await blobs(store).create_container("abc")
        contents = {str(number): LONG if number < 3 else b"" for number in range(500)}
        await asyncio.gather(*(blobs(store).put("abc", name, data) for name, data in contents.items()))
        await blobs(store).delete_container("abc")
        await blobs(store).create_container("abc")
        assert (await blobs(store).list_blobs("abc")).blobs == ()
        await blobs(store).put("abc", "new", OTHER)
        await until(lambda: len(files(store)) == 1)
        await until_purged(store)
        assert await content((await blobs(store).get("abc", "new")).body) == OTHER

    run(scenario, tmp_path)


def test_an_upload_that_breaks_off_leaves_no_file_and_the_old_content(tmp_path: Path) -> None:
    async def scenario(store: EmbeddedStore) -> None:
        await blobs(store).create_container("abc")
        await blobs(store).put("abc", "a", b"old")
        with pytest.raises(ConnectionResetError):
            await blobs(store).put("abc", "a", FailingBody())
        await until(lambda: files(store) == set())
        assert (await blobs(store).get("abc", "a")).body == b"old"

    run(scenario, tmp_path)


def test_a_refused_upload_leaves_no_file(tmp_path: Path) -> None:
    async def scenario(store: EmbeddedStore) -> None:
        with pytest.raises(StorageError) as caught:
            await blobs(store).put("none", "a", LONG)
        assert caught.value.code == "ContainerNotFound"
        assert files(store) == set()

    run(scenario, tmp_path)


def test_a_full_disk_fails_the_write_and_keeps_the_old_content(tmp_path: Path) -> None:
    async def scenario(store: EmbeddedStore) -> None:
        await blobs(store).create_container("abc")
        await blobs(store).put("abc", "a", LONG)
        kept = files(store)
        store.blobs.files = FullDisk(tmp_path)
        with pytest.raises(StorageError) as caught:
            await blobs(store).put("abc", "a", OTHER)
        assert (caught.value.code, caught.value.status) == ("InsufficientStorage", 507)
        await until(lambda: files(store) == kept)
        assert await content((await blobs(store).get("abc", "a")).body) == LONG

    run(scenario, tmp_path)


def test_the_sweep_takes_orphans_and_spares_what_is_being_written(tmp_path: Path) -> None:
    async def scenario(store: EmbeddedStore) -> None:
        await blobs(store).create_container("abc")
        await blobs(store).put("abc", "a", LONG)
        (kept,) = files(store)
        folder = store.blobs.files.folder
        writing = await asyncio.to_thread(store.blobs.files.create)
        old = time.time() - KEEP_SECONDS - 10
        for name in ("left" + PARTIAL, "orphan", "young"):
            (folder / name).write_bytes(b"x")
        for name in ("orphan", kept):
            os.utime(folder / name, (old, old))
        await BlobUpkeep(store.blobs).round()
        assert files(store) == {kept, "young", writing.name + PARTIAL}
        await asyncio.to_thread(writing.discard)

    run(scenario, tmp_path)


def test_readers_of_this_and_other_hosts_go_on_when_a_blob_is_replaced(tmp_path: Path) -> None:
    async def scenario(store: EmbeddedStore) -> None:
        async with opened(tmp_path) as other:
            await blobs(store).create_container("abc")
            await blobs(store).put("abc", "a", LONG)
            here, there = await blobs(store).get("abc", "a"), await blobs(other).get("abc", "a")
            await blobs(other).put("abc", "a", OTHER)
            await blobs(store).delete("abc", "a")
            assert files(store) == set()
            assert await content(here.body) == await content(there.body) == LONG

    run(scenario, tmp_path)


def test_a_blob_of_very_many_files_is_read_to_its_end_after_it_was_deleted(tmp_path: Path) -> None:
    async def scenario(store: EmbeddedStore) -> None:
        await blobs(store).create_container("abc")
        access, place = store.blobs, Place(1, "a")
        names = [f"{number:03}" for number in range(OPEN_FILES + 20)]
        parts = [name.encode() * 50_000 for name in names]

        async def stage(name: str, part: bytes) -> None:
            arrival = await access.receive(part, hashed=False)
            await access.keep(arrival, lambda change, upload: stage_block(change, place, name, upload))

        await asyncio.gather(*map(stage, names, parts))
        chosen = [BlockChoice("Latest", name) for name in names]
        await access.change(lambda change: commit_blocks(change, place, chosen, Draft()))
        read = await blobs(store).get("abc", "a")
        await blobs(store).delete("abc", "a")
        await BlobUpkeep(access).round()
        assert await content(read.body) == b"".join(parts)
        old = time.time() - KEEP_SECONDS - 10
        for path in access.files.folder.iterdir():
            os.utime(path, (old, old))
        await BlobUpkeep(access).round()
        assert files(store) == set()

    run(scenario, tmp_path)


def test_readers_and_writers_of_one_blob_never_see_a_part(tmp_path: Path) -> None:
    async def scenario(store: EmbeddedStore) -> None:
        async with opened(tmp_path) as other:
            await blobs(store).create_container("abc")
            await blobs(store).put("abc", "a", LONG)
            writes, reads = [0, 0], [0, 0]

            def enough() -> bool:
                return min(writes) >= 25 and min(reads) > 5

            async def write(at: int, target: EmbeddedStore) -> None:
                while not enough():
                    await blobs(target).put("abc", "a", LONG if writes[at] % 2 else OTHER)
                    writes[at] += 1

            async def read(at: int, target: EmbeddedStore) -> None:
                while not enough():
                    assert await content((await blobs(target).get("abc", "a")).body) in (LONG, OTHER)
                    reads[at] += 1

            both = list(enumerate((store, other)))
            await asyncio.gather(*(work(at, target) for work in (write, read) for at, target in both))
            assert len(files(store)) == 1

    run(scenario, tmp_path)


def test_a_hundred_thousand_blobs_are_listed_without_keeping_others_waiting(tmp_path: Path) -> None:
    async def scenario(store: EmbeddedStore) -> None:
        await blobs(store).create_container("abc")
        await store.engine.write(
            lambda connection: (
                connection.execute(
                    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999) "
                    "INSERT INTO blobs SELECT 1, printf('%06d', i), '', 'BlockBlob', i, 0, 0, 0, 0, 0, NULL, NULL, "
                    "NULL, NULL, NULL, NULL, '', '', NULL, NULL, '', 0, '', 0, 0, NULL FROM n"
                ).rowcount
            )
        )
        worst, done = 0.0, False

        async def tick() -> None:
            nonlocal worst
            while not done:
                begin = time.thread_time()  # of the loop's own thread: who else uses the processor does not count
                await asyncio.sleep(0.001)
                worst = max(worst, time.thread_time() - begin)

        ticking = asyncio.create_task(tick())
        names: list[str] = []
        marker: str | None = None
        while True:
            page = await blobs(store).list_blobs("abc", marker=marker)
            names += [blob.name for blob in page.blobs]
            marker = page.next
            if marker is None:
                break
        done = True
        await ticking
        assert len(names) == 100_000
        assert names == sorted(names)
        assert worst < 0.5

    run(scenario, tmp_path)


def test_watchers_hear_of_writes_of_all_hosts(tmp_path: Path) -> None:
    async def scenario(store: EmbeddedStore) -> None:
        async with opened(tmp_path) as other:
            await blobs(store).create_container("abc")
            woken = asyncio.Event()
            end = blobs(store).watch("abc", woken.set)
            for target in (store, other):
                woken.clear()
                await blobs(target).put("abc", "a", b"x")
                await asyncio.wait_for(woken.wait(), 30)
            end()

    run(scenario, tmp_path)
