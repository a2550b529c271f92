"""What reaches the disk before a write is acknowledged; a kill cannot tell, only a loss of power could."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

COUNTER = """
/* Slow as a disk, so that writes gather while one is flushed, however fast this machine is. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
static int count;
int flushes(void) { return count; }
int fsync(int file) { count++; usleep(20000); return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file); }
int fdatasync(int file) { count++; usleep(20000); return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(file); }
"""

PROGRAM = """
import asyncio, ctypes, sys
from pathlib import Path
from funchost.storage.embedded.store import EmbeddedStore

flushes = ctypes.CDLL(None).flushes

async def count(name, operations):
    before = flushes()
    await asyncio.gather(*operations)
    print(name, flushes() - before)

async def main():
    store = await EmbeddedStore.open(Path(sys.argv[1]))
    account = store.account("devstoreaccount1")
    queues = account.queues
    await queues.create("jobs")
    await account.blobs.create_container("blobs")
    await account.tables.create_table("rows")
    await count("put", [queues.put("jobs", "x") for _ in range(10)])
    messages = []
    async def get():
        messages.extend(await queues.get("jobs", 10))
    await count("get", [get()])
    await count("renew", [queues.update("jobs", m.id, m.pop_receipt, 60) for m in messages[:5]])
    await count("delete", [queues.delete_message("jobs", m.id, m.pop_receipt) for m in messages[5:]])
    await count("replace", [put_text(queues)])
    await count("blob", [account.blobs.put("blobs", "a", b"x")])
    await count("file", [account.blobs.put("blobs", "b", bytes(1_000_000))])
    await store.close()

async def put_text(queues):
    message = await queues.put("jobs", "x")
    await queues.update("jobs", message.id, message.pop_receipt, 60, "y")

asyncio.run(main())
"""


@pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None, reason="needs a C compiler to count what SQLite does"
)
def test_puts_and_blobs_are_flushed_to_disk_and_gets_and_deletes_are_not(tmp_path: Path) -> None:
    source, library = tmp_path / "counter.c", tmp_path / "counter.so"
    source.write_text(COUNTER, encoding="utf-8")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True, timeout=60)
    output = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "store")],
        env={**os.environ, "LD_PRELOAD": str(library)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    flushes = {name: int(count) for name, count in (line.split() for line in output.splitlines())}
    assert flushes["get"] == flushes["renew"] == flushes["delete"] == 0
    assert 1 <= flushes["put"] < 10, "puts share their flush"
    assert flushes["replace"] >= 2
    assert flushes["blob"] >= 1
    assert flushes["file"] >= 3, "the file, its folder, its row"
