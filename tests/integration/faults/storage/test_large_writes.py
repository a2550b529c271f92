"""Hosts that are killed in the middle of a large write: the old content stays, nothing is left of the new one."""

from __future__ import annotations

import hashlib
import http.client
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobClient

from funchost.errors import StorageError
from funchost.storage.account import StorageAccount
from funchost.testing import HostProcess, eventually
from tests.integration.faults.storage.fleet import Fleet
from tests.integration.faults.storage.stores import EmbeddedFolder

MIB = 1024 * 1024
SIZE = 200 * MIB
OLD = b"the content before"

CODE = f"""
@app.route("write")
@app.blob_output("out", "samples/large", "AzureWebJobsStorage")
def write(req: func.HttpRequest, out: func.Out[bytes]) -> str:
    out.set(b"x" * {SIZE})
    return "written"

@app.route("connection")
def connection(req: func.HttpRequest) -> str:
    return os.environ["AzureWebJobsStorage"]
"""


def files(store: EmbeddedFolder) -> dict[str, int]:
    """The files of large blobs, and their sizes."""
    found = {}
    for path in (store.folder / "blobs").iterdir():
        with suppress(FileNotFoundError):
            found[path.name] = path.stat().st_size
    return found


def is_empty(store: EmbeddedFolder) -> bool:
    """Whether no file of a large blob is left."""
    assert files(store) == {}
    return True


def content(store: EmbeddedFolder, name: str) -> bytes | None:
    """None if there is no such blob."""

    async def work(account: StorageAccount) -> bytes | None:
        try:
            body = (await account.blobs.get("samples", name)).body
        except StorageError as error:
            if error.status != 404:
                raise
            return None
        return body if isinstance(body, bytes) else b"".join([piece async for piece in body])

    return store.do(work)


def prepared(store: EmbeddedFolder) -> None:
    async def work(account: StorageAccount) -> None:
        await account.blobs.create_container("samples")
        await account.blobs.put("samples", "large", OLD)

    store.do(work)


def kill_while_it_grows(store: EmbeddedFolder, fleet: Fleet, write: Callable[[HostProcess], object]) -> None:
    """Begin to write a blob and kill the host when a part of it is on disk."""
    host = fleet.hosts[0]
    thread = threading.Thread(target=write, args=(host,), daemon=True)
    thread.start()
    eventually(lambda: any(20 * MIB < size < SIZE for size in files(store).values()), 30)
    fleet.kill_hosts(host)
    thread.join(30)
    assert not thread.is_alive()


def test_a_kill_in_the_middle_of_an_output_leaves_the_old_blob(tmp_path: Path) -> None:
    store = EmbeddedFolder(tmp_path / "store")
    prepared(store)

    def write(host: HostProcess) -> None:
        with suppress(OSError, http.client.HTTPException):
            host.get("/api/write", timeout=60)

    with Fleet(tmp_path / "app", CODE, store, 1) as fleet:
        kill_while_it_grows(store, fleet, write)
        assert content(store, "large") == OLD
        eventually(lambda: is_empty(store), 10)
        assert fleet.hosts[0].get("/api/write", timeout=60).status == 200
        written = content(store, "large")
        assert written is not None
        assert hashlib.sha256(written).digest() == hashlib.sha256(b"x" * SIZE).digest()
        assert list(files(store).values()) == [SIZE]


def test_a_kill_in_the_middle_of_an_upload_leaves_the_old_blob(tmp_path: Path) -> None:
    store = EmbeddedFolder(tmp_path / "store")
    prepared(store)

    def upload(host: HostProcess) -> None:
        connection = host.get("/api/connection").text
        client = BlobClient.from_connection_string(
            connection, "samples", "large", max_single_put_size=SIZE, retry_total=0
        )
        with client, suppress(AzureError):
            client.upload_blob(b"y" * SIZE, overwrite=True)

    with Fleet(tmp_path / "app", CODE, store, 1) as fleet:
        kill_while_it_grows(store, fleet, upload)
        assert content(store, "large") == OLD
        eventually(lambda: is_empty(store), 10)
