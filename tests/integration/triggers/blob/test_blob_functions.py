"""Blob functions over real hosts: each version once, with one host or two, also when hosts die."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from pathlib import Path

from funchost.storage.account import StorageAccount
from funchost.testing import HostProcess, eventually
from funchost.triggers.blob.message import POISON_QUEUE
from tests.integration.triggers.noting_app import NotingApp

CODE = """
@app.blob_trigger(arg_name="blob", path="samples/{name}", connection="AzureWebJobsStorage")
async def take(blob: func.InputStream):
    content = blob.read().decode()
    note(blob.name, "begin", content)
    if content == "slow":
        while not (here / "go").exists():
            await asyncio.sleep(0.02)
    if content == "bad":
        raise ValueError(content)
    note(blob.name, "end", content)
"""
SECOND_FUNCTION = """
@app.blob_trigger(arg_name="blob", path="samples/b{name}", connection="AzureWebJobsStorage")
async def also(blob: func.InputStream):
    note(blob.name, "also", blob.read().decode())
"""


def put(app: NotingApp, **contents: str) -> None:
    put_all(app, contents)


def put_all(app: NotingApp, contents: dict[str, str]) -> None:
    async def work(account: StorageAccount) -> None:
        await account.blobs.create_container("samples")
        await asyncio.gather(
            *(account.blobs.put("samples", name, content.encode()) for name, content in contents.items())
        )

    app.storage.do(work)


def times(app: NotingApp, kind: str = "end") -> Counter[tuple[str, object]]:
    """How often each version of each blob was handled."""
    return Counter((note.text, note.more) for note in app.notes(kind))


def scanning(app: NotingApp, *hosts: HostProcess) -> tuple[HostProcess, HostProcess]:
    """The host that holds the scanner's lock, and the other one."""

    def owner() -> str:
        paths = [name for name in app.storage.names("azure-webjobs-hosts") if name.endswith("Blobs.Listener")]
        return app.storage.properties("azure-webjobs-hosts", paths[0]).metadata["FunctionInstance"]

    ids = [str(host.status()["instanceId"]) for host in hosts]
    eventually(lambda: owner() in ids)
    at = ids.index(owner())
    return hosts[at], hosts[1 - at]


def test_old_new_and_changed_blobs_run_once_for_each_version(tmp_path: Path) -> None:
    app = NotingApp(tmp_path, CODE)
    put(app, old="1")
    with app.start():
        eventually(lambda: times(app) == {("samples/old", "1"): 1})
        put(app, new="1")
        put(app, old="2")
        wanted = {("samples/old", "1"): 1, ("samples/old", "2"): 1, ("samples/new", "1"): 1}
        eventually(lambda: times(app) == wanted)
    with app.start():
        put(app, last="1")
        eventually(lambda: ("samples/last", "1") in times(app))
        assert times(app) == wanted | {("samples/last", "1"): 1}


def test_two_hosts_share_the_blobs_of_one_scan(tmp_path: Path) -> None:
    app = NotingApp(tmp_path, CODE + SECOND_FUNCTION, {"blobs": {"maxDegreeOfParallelism": 4}})
    held = {f"a{number}": "slow" for number in range(8)}  # more than one host takes
    contents = {f"b{number}": "x" for number in range(200)}
    with app.start(), app.start():
        put_all(app, held)
        eventually(lambda: len({note.host for note in app.notes()}) == 2)
        put_all(app, contents)
        app.release()
        wanted = {(f"samples/{name}", "x"): 1 for name in contents}
        kept = {(f"samples/{name}", "slow"): 1 for name in held}
        eventually(lambda: times(app) == wanted | kept and times(app, "also") == wanted, 60)


def test_blobs_that_come_while_the_scanner_is_dead_are_found_by_the_next(tmp_path: Path) -> None:
    app = NotingApp(tmp_path, CODE)
    with app.start() as one, app.start() as two:
        put(app, first="1")
        eventually(lambda: times(app) == {("samples/first", "1"): 1})
        holder, _ = scanning(app, one, two)
        os.kill(holder.pid, signal.SIGKILL)
        put_all(app, {f"after{number}": "1" for number in range(50)})
        wanted = {("samples/first", "1"), *((f"samples/after{number}", "1") for number in range(50))}
        eventually(lambda: set(times(app)) == wanted, 60)
        assert set(times(app).values()) == {1}


def test_a_call_that_a_kill_cuts_off_comes_again(tmp_path: Path) -> None:
    app = NotingApp(tmp_path, CODE, {"queues": {"leaseDuration": "00:00:05"}})
    with app.start() as one:
        put(app, a="slow")
        eventually(lambda: len(app.notes()) == 1)
        os.kill(one.pid, signal.SIGKILL)
    app.release()
    with app.start():
        eventually(lambda: times(app) == {("samples/a", "slow"): 1})


def test_a_blob_whose_function_always_fails_ends_in_the_poison_queue(tmp_path: Path) -> None:
    app = NotingApp(tmp_path, CODE, {"blobs": {"poisonBlobThreshold": 3}})
    with app.start() as host:
        put(app, good="1", bad="bad")
        eventually(lambda: len(app.storage.messages(POISON_QUEUE)) == 1)
        message = json.loads(app.storage.messages(POISON_QUEUE)[0])
        assert (message["Type"], message["FunctionId"]) == ("BlobTrigger", "Host.Functions.take")
        assert (message["ContainerName"], message["BlobName"]) == ("samples", "bad")
        assert message["ETag"] == app.storage.properties("samples", "bad").etag
        assert times(app, "begin")["samples/bad", "bad"] == 3
        host.wait_for_line(
            "Message has reached MaxDequeueCount of 3. Moving message to queue 'webjobs-blobtrigger-poison'"
        )
        eventually(lambda: times(app) == {("samples/good", "1"): 1})


def test_a_call_by_hand_names_a_blob(tmp_path: Path) -> None:
    app = NotingApp(tmp_path, CODE)
    with app.start() as host:
        put(app, a="1")
        eventually(lambda: times(app) == {("samples/a", "1"): 1})
        headers = (("content-type", "application/json"),)
        assert host.post("/admin/functions/take", b'{"input": "samples/a"}', headers=headers).status == 202
        eventually(lambda: times(app) == {("samples/a", "1"): 2})


def test_a_large_blob_goes_through_as_a_stream(tmp_path: Path) -> None:
    app = NotingApp(
        tmp_path,
        """
@app.blob_trigger(arg_name="blob", path="samples/{name}", connection="AzureWebJobsStorage")
def take(blob: func.InputStream):
    total = 0
    while piece := blob.read(1 << 16):
        total += len(piece)
    note(blob.name, "end", [total, blob.length])
""",
    )
    size = 20 * 1024 * 1024
    with app.start():
        app.storage.put("samples", "large", b"x" * size)
        eventually(lambda: [note.more for note in app.notes("end")] == [[size, size]])
