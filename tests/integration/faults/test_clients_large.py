"""Large bodies both ways, and bodies over the limit."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from funchost.testing import HostProcess
from tests.integration.faults.bystander import Bystander
from tests.integration.faults.raw_client import connect, head, read_answer
from tests.integration.workers.memory import MIB, Memory

APP = Path(__file__).parents[2] / "apps" / "fault_clients"
HOST_GROWTH = 16 * MIB
LARGE = 100 * MIB
LIMIT = 2 * MIB


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(APP) as running:
        yield running
        assert running.stop() == 0


@pytest.fixture(scope="module")
def limited() -> Iterator[HostProcess]:
    with HostProcess(APP, env={"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": str(LIMIT)}) as running:
        workers = running.worker_pids
        yield running
        assert running.worker_pids == workers
        assert running.stop() == 0


def pieces(size: int) -> Iterator[bytes]:
    piece = bytes(range(256)) * 256
    for _ in range(size // len(piece)):
        yield piece


@pytest.mark.parametrize("chunked", [False, True], ids=["of known length", "in chunks"])
def test_a_large_upload_arrives_whole_and_the_host_stays_small(host: HostProcess, chunked: bool) -> None:
    digest = sha256()
    for piece in pieces(LARGE):
        digest.update(piece)
    memory = Memory(host.pid)
    with Bystander(host) as bystander:
        status, text = bystander.is_answered_while(lambda: upload(host, LARGE, chunked=chunked))
    assert (status, text) == (200, f"{LARGE} {digest.hexdigest()}")
    assert memory.growth() <= HOST_GROWTH, f"the host grew by {memory.growth() / MIB:.1f} MiB"


def test_a_large_download_arrives_whole_and_the_host_stays_small(host: HostProcess) -> None:
    host.get("/api/download/16")
    memory = Memory(host.pid)
    with Bystander(host) as bystander:
        answer = bystander.is_answered_while(lambda: host.get(f"/api/download/{LARGE}"))
    assert (answer.status, len(answer.body)) == (200, LARGE)
    assert answer.body == b"0123456789abcdef" * (LARGE // 16)
    assert memory.growth() <= HOST_GROWTH, f"the host grew by {memory.growth() / MIB:.1f} MiB"


def test_several_large_bodies_at_once_share_the_way(host: HostProcess) -> None:
    memory = Memory(host.pid)
    with Bystander(host), ThreadPoolExecutor(4) as clients:
        answers = list(clients.map(lambda _: upload(host, 20 * MIB, chunked=False), range(4)))
    assert {status for status, _ in answers} == {200}
    assert len({text for _, text in answers}) == 1
    assert memory.growth() <= HOST_GROWTH


@pytest.mark.parametrize("chunked", [False, True], ids=["of known length", "in chunks"])
@pytest.mark.parametrize("size", [LIMIT + 65536, 10 * LIMIT])
def test_a_body_over_the_limit_is_answered_413_and_runs_nothing(limited: HostProcess, size: int, chunked: bool) -> None:
    before = limited.get("/api/uploads").text
    with Bystander(limited):
        status, text = upload(limited, size, chunked=chunked)
    assert (status, text) == (413, "")
    assert limited.get("/api/uploads").text == before


def test_a_body_at_the_limit_is_accepted(limited: HostProcess) -> None:
    for chunked in (False, True):
        assert upload(limited, LIMIT, chunked=chunked)[0] == 200


def test_an_announced_body_over_the_limit_is_refused_before_it_is_sent(limited: HostProcess) -> None:
    with connect(limited) as client:
        client.sendall(head("POST", "/api/upload", f"Content-Length: {10**12}", "Expect: 100-continue"))
        assert read_answer(client)[:2] == (413, b"")


def upload(host: HostProcess, size: int, *, chunked: bool) -> tuple[int, str]:
    """Send all of the body before looking for an answer, as most clients do."""
    parts = urlsplit(host.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    headers = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(size)}
    try:
        connection.request("POST", "/api/upload", pieces(size), headers, encode_chunked=chunked)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
