"""Long blobs: memory stays flat, nothing partial stays behind."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from azure.storage.blob import BlobSasPermissions, ContainerClient, generate_blob_sas

from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from tests.integration.storage.server.front_fixture import ServedStore

MIB = 1024 * 1024
PIECE = bytes(range(256)) * 4096


def _signed(container: ContainerClient, name: str) -> str:
    sas = generate_blob_sas(
        DEVELOPMENT_ACCOUNT,
        container.container_name,
        name,
        account_key=DEVELOPMENT_KEY,
        permission=BlobSasPermissions(read=True, write=True, create=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    return f"{container.get_blob_client(name).url}?{sas}"


def _peak() -> int:
    """The most memory that this process has had since `_forget_peak`, bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _forget_peak() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return _peak()


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells the peak of memory")
@pytest.mark.parametrize("mebibytes", [200, pytest.param(1024, marks=pytest.mark.long)])
def test_a_long_blob_goes_in_and_out_with_flat_memory(container: ContainerClient, mebibytes: int) -> None:
    url = _signed(container, "long")
    with httpx.Client(timeout=60) as http:
        before = _forget_peak()
        headers = {"x-ms-blob-type": "BlockBlob", "content-length": str(mebibytes * MIB)}
        assert http.put(url, content=iter([PIECE] * mebibytes), headers=headers).status_code == 201
        size = 0
        with http.stream("GET", url) as answer:
            for piece in answer.iter_bytes():
                size += len(piece)
        assert size == mebibytes * MIB
        assert _peak() - before < 24 * MIB


def test_other_requests_are_answered_while_a_long_blob_arrives(container: ContainerClient) -> None:
    container.upload_blob("small", b"x")

    async def scenario() -> None:
        answered = 0
        async with httpx.AsyncClient(timeout=60) as http:

            async def pieces() -> AsyncIterator[bytes]:
                for number in range(40):
                    while answered < number:
                        await asyncio.sleep(0.001)
                    yield PIECE

            upload = asyncio.create_task(
                http.put(_signed(container, "long"), content=pieces(), headers={"x-ms-blob-type": "BlockBlob"})
            )
            while not upload.done():
                assert (await http.get(_signed(container, "small"))).content == b"x"
                answered += 1
            assert upload.result().status_code == 201

    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_an_upload_that_is_cut_off_leaves_nothing(container: ContainerClient, served_store: ServedStore) -> None:
    blob = container.upload_blob("a", b"old")
    files = served_store.store.blobs.files.folder
    before = set(files.iterdir())
    url = urlsplit(_signed(container, "a"))
    with socket.create_connection((url.hostname or "", url.port or 0)) as connection:
        head = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: 10000000\r\n"
        connection.sendall(head.encode() + b"x-ms-blob-type: BlockBlob\r\n\r\n" + b"x" * 3_000_000)
        _until(lambda: set(files.iterdir()) != before)
    _until(lambda: set(files.iterdir()) == before)
    assert blob.download_blob().readall() == b"old"


def test_an_upload_that_would_be_refused_is_refused_before_it_arrives(container: ContainerClient) -> None:
    container.upload_blob("a", b"old")
    url = urlsplit(_signed(container, "a"))
    with socket.create_connection((url.hostname or "", url.port or 0), timeout=60) as connection:
        head = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Length: 10000000\r\n"
        connection.sendall(head.encode() + b"x-ms-blob-type: BlockBlob\r\nIf-None-Match: *\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 409 ")


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
