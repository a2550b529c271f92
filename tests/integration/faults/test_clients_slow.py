"""Clients that take their time, many of them, and clients that go away."""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from tests.integration.faults.bystander import Bystander
from tests.integration.faults.raw_client import connect, head, read_answer, read_head
from tests.integration.workers.memory import MIB, Memory

APP = Path(__file__).parents[2] / "apps" / "fault_clients"
MANY = 20


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(APP) as running:
        workers = running.worker_pids
        yield running
        assert running.worker_pids == workers, "no client may cost a worker"
        assert running.stop() == 0


def test_slow_heads_hold_up_nobody_and_are_answered_in_the_end(host: HostProcess) -> None:
    data = head("GET", "/api/innocent", "X-Long: " + "x" * 40)
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(host)) for _ in range(MANY)]
        with Bystander(host) as bystander:
            for start in range(0, len(data), 10):  # few steps: a head has thirty seconds in all
                for client in clients:
                    client.sendall(data[start : start + 10])
                bystander.goes_on(1)
        assert {read_answer(client)[:2] for client in clients} == {(200, b"fine")}


@pytest.mark.parametrize("chunked", [False, True], ids=["of known length", "in chunks"])
def test_slow_bodies_hold_up_nobody_and_arrive_whole(host: HostProcess, chunked: bool) -> None:
    pieces = [bytes([number]) * 10_000 for number in range(30)]
    whole = b"".join(pieces)
    framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(whole)}"
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(host)) for _ in range(MANY)]
        for client in clients:
            client.sendall(head("POST", "/api/upload", framing))
        with Bystander(host) as bystander:
            for piece in pieces:
                for client in clients:
                    client.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                bystander.goes_on(1)
        for client in clients:
            client.sendall(b"0\r\n\r\n" if chunked else b"")
        expected = f"{len(whole)} {sha256(whole).hexdigest()}".encode()
        assert {read_answer(client)[:2] for client in clients} == {(200, expected)}


def test_readers_that_do_not_read_cost_the_host_little_and_get_everything_when_they_do(host: HostProcess) -> None:
    size = 16 * MIB
    memory = Memory(host.pid)
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(host, receive_buffer=65536)) for _ in range(5)]
        for client in clients:
            client.sendall(head("GET", f"/api/download/{size}"))
        begun = [read_head(client) for client in clients]
        with Bystander(host) as bystander:
            bystander.goes_on(100)
            grown = memory.growth()
            for client, (status, headers, received) in zip(clients, begun, strict=True):
                assert (status, headers["content-length"]) == (200, str(size))
                assert received_in_all(client, len(received), size) == size
    assert grown <= 16 * MIB, f"{grown / MIB:.1f} MiB for {len(clients)} answers that nobody takes"


def test_a_thousand_idle_connections_hold_up_nobody(host: HostProcess) -> None:
    memory = Memory(host.pid)
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(host)) for _ in range(1000)]
        for client in clients[::2]:  # half of them have asked something before
            client.sendall(head("GET", "/api/innocent"))
        assert {read_answer(client)[:2] for client in clients[::2]} == {(200, b"fine")}
        with Bystander(host) as bystander:
            bystander.goes_on(200)
        for client in clients[::100]:
            client.sendall(head("GET", "/api/innocent"))
            assert read_answer(client)[:2] == (200, b"fine")
    assert memory.growth() <= 64 * MIB


def test_clients_that_leave_in_the_middle_of_an_upload_run_nothing(host: HostProcess) -> None:
    before = host.get("/api/uploads").text
    memory = Memory(host.pid)
    with Bystander(host):
        for number in range(MANY):
            framing = "Transfer-Encoding: chunked" if number % 2 else "Content-Length: 50000000"
            with connect(host) as client:
                client.sendall(head("POST", "/api/upload", framing))
                client.sendall(b"%x\r\n" % 50_000_000 * (number % 2) + bytes(2 * MIB))
                if number % 3 == 0:
                    reset(client)
        eventually(lambda: outstanding(host) <= 1, 30)  # the bystander's own may be on its way
    assert host.get("/api/uploads").text == before
    assert memory.growth() <= 16 * MIB


def test_clients_that_leave_in_the_middle_of_a_download_cost_nothing(host: HostProcess) -> None:
    memory = Memory(host.pid)
    with Bystander(host):
        for number in range(MANY):
            with connect(host, receive_buffer=65536) as client:
                client.sendall(head("GET", f"/api/download/{8 * MIB}"))
                assert read_head(client)[0] == 200
                if number % 2:
                    reset(client)
        eventually(lambda: outstanding(host) <= 1, 30)
    assert memory.growth() <= 16 * MIB


def test_a_client_that_leaves_before_the_answer_disturbs_nobody(host: HostProcess) -> None:
    with Bystander(host):
        for _ in range(MANY):
            with connect(host) as client:
                client.sendall(head("GET", "/api/late/0"))
                reset(client)
        eventually(lambda: outstanding(host) <= 1, 30)


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.skipif(sys.platform != "linux", reason="counts the host's open files in /proc")
def test_clients_that_stop_altogether_are_cut_off(host: HostProcess) -> None:
    """After 30 s; readers after up to 60: what the systems between keep counts as taken at first."""
    open_before = open_files(host)
    with ExitStack() as stack:
        heads = [stack.enter_context(connect(host)) for _ in range(MANY)]
        bodies = [stack.enter_context(connect(host)) for _ in range(MANY)]
        readers = [stack.enter_context(connect(host, receive_buffer=65536)) for _ in range(3)]
        for client in heads:
            client.sendall(b"GET /api/innocent HTTP/1.1\r\nHost: localh")
        for client in bodies:
            client.sendall(head("POST", "/api/upload", "Content-Length: 1000000") + b"the first bytes")
        for client in readers:
            client.sendall(head("GET", f"/api/download/{16 * MIB}"))
        with Bystander(host):
            statuses = [read_answer(client) for client in heads + bodies]
            assert {answer.status for answer in statuses} == {408}
            eventually(lambda: open_files(host) <= open_before + 1, 90)  # the bystander's own may be one more
            taken = [received_in_all(client, 0, 17 * MIB) for client in readers]
    assert all(size < 16 * MIB for size in taken)


def received_in_all(client: socket.socket, received: int, most: int) -> int:
    """Read until `most` bytes have come, or no more do; return how many."""
    while received < most:
        try:
            piece = client.recv(min(MIB, most - received))
        except ConnectionResetError:
            break
        if not piece:
            break
        received += len(piece)
    return received


def reset(client: socket.socket) -> None:
    """Let closing send a reset instead of a regular end."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def open_files(host: HostProcess) -> int:
    return len(os.listdir(f"/proc/{host.pid}/fd"))


def outstanding(host: HostProcess) -> int:
    """How many invocations run or wait just now."""
    document = host.get("/admin/host/drain/status").json()
    assert isinstance(document, dict)
    return int(document["outstandingInvocations"])
