"""A host that is killed while it writes blobs loses nothing that it acknowledged, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from funchost.storage.embedded.blob_upkeep import BlobUpkeep
from funchost.storage.embedded.files import PARTIAL
from funchost.storage.embedded.store import EmbeddedStore
from tests.integration.storage.server.blob.writing_host import content

ROUNDS = 3


def _killed(folder: Path, lines: int) -> dict[int, int]:
    """Let a host write until it has acknowledged some writes, kill it; returns the last number of each lane."""
    command = [sys.executable, "-m", "tests.integration.storage.server.blob.writing_host", str(folder)]
    last: dict[int, int] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout is not None
        for count, line in enumerate(host.stdout):
            if count == lines:
                host.kill()
            lane, _, number = line.strip().partition(" ")
            if number and line.endswith("\n"):
                last[int(lane)] = int(number)
    return last


async def _check(folder: Path, last: dict[int, int]) -> None:
    store = await EmbeddedStore.open(folder)
    blobs = store.account("devstoreaccount1").blobs
    for lane, number in last.items():
        body = (await blobs.get("abc", f"lane{lane}")).body
        data = body if isinstance(body, bytes) else b"".join([piece async for piece in body])
        found = int(data[:8])
        assert found in (number, number + 1), "an acknowledged write is lost"
        assert data == content(found)
    await BlobUpkeep(store.blobs).round()
    names = await store.engine.read(lambda c: c.execute("SELECT file FROM blob_chunks WHERE file > ''").fetchall())
    files = {path.name for path in store.blobs.files.folder.iterdir()}
    assert {name for (name,) in names} <= files
    assert not any(name.endswith(PARTIAL) for name in files)
    await store.close()


def test_acknowledged_blobs_survive_kills(tmp_path: Path) -> None:
    for number in range(ROUNDS):
        last = _killed(tmp_path, 30 + 7 * number)
        assert last
        asyncio.run(asyncio.wait_for(_check(tmp_path, last), 30))
