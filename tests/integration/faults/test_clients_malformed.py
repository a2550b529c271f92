"""Clients that do not speak HTTP, or not quite."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from funchost.testing import HostProcess
from tests.integration.faults.bystander import Bystander
from tests.integration.faults.raw_client import ask, connect, head, read_answer

APP = Path(__file__).parents[2] / "apps" / "fault_clients"


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(APP) as running:
        workers = running.worker_pids
        yield running
        assert running.worker_pids == workers, "no client may cost a worker"
        assert running.stop() == 0


def get(*lines: str) -> bytes:
    return head("GET", "/api/innocent", *lines)


def post(*lines: str) -> bytes:
    return head("POST", "/api/upload", *lines)


BAD_REQUESTS = {
    "binary": b"\x00\x01\x02 garbage\r\n\r\n",
    "a TLS greeting": bytes.fromhex("16030100f1010000ed0303") + b"\xaa" * 60 + b"\r\n\r\n",
    "an HTTP/2 greeting": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an unknown verb": b"BREW /api/innocent HTTP/1.1\r\nHost: x\r\n\r\n",
    "an unknown version": b"GET /api/innocent HTTP/9.9\r\nHost: x\r\n\r\n",
    "a proxy's verb": head("CONNECT", "x:1"),
    "bytes in the path": "GET /api/ünnocent HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "line feeds alone": b"GET /api/innocent HTTP/1.1\nHost: x\n\n",
    "no Host": b"GET /api/innocent HTTP/1.1\r\n\r\n",
    "two Hosts": get("Host: y"),
    "a header without a colon": get("Nonsense"),
    "a space in a header name": get("A b: c"),
    "a NUL in a header": get("A: b\0c"),
    "a folded header": get("A: b", " c"),
    "two lengths": post("Content-Length: 3", "Content-Length: 4") + b"abcd",
    "a length and chunks": post("Content-Length: 3", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "a negative length": post("Content-Length: -1"),
    "a word as length": post("Content-Length: many"),
    "a length beyond all numbers": post("Content-Length: 99999999999999999999999"),
    "an unknown transfer encoding": post("Transfer-Encoding: gzip") + b"abc",
    "no chunk size": post("Transfer-Encoding: chunked") + b"zz\r\nabc\r\n0\r\n\r\n",
    "a chunk beyond all numbers": post("Transfer-Encoding: chunked") + b"f" * 18 + b"\r\nabc\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("data", BAD_REQUESTS.values(), ids=BAD_REQUESTS)
def test_what_is_no_request_is_answered_400_and_the_connection_ends(host: HostProcess, data: bytes) -> None:
    with Bystander(host):
        answer = ask(host, data)
    assert (answer.status, answer.body, answer.closed) == (400, b"", True)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(head("GET", "/" + "a" * 20_000), 414, id="a long path"),
        pytest.param(b"GET /" + b"a" * 200_000, 414, id="a path without end"),
        pytest.param(get("A: " + "b" * 40_000), 431, id="a long header"),
        pytest.param(get("A: b").removesuffix(b"\r\n") + b"C: " + b"d" * 200_000, 431, id="a header without end"),
        pytest.param(get(*(f"A{number}: b" for number in range(200))), 431, id="many headers"),
    ],
)
def test_too_long_a_head_is_refused_and_the_connection_ends(host: HostProcess, data: bytes, status: int) -> None:
    with Bystander(host):
        answer = ask(host, data)
    assert (answer.status, answer.body, answer.closed) == (status, b"", True)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (head("GET", "/api/%zz%ff%00"), 404),
        (head("GET", "/../../../../etc/passwd"), 404),
        (head("GET", "/api/..%2f..%2fetc/passwd"), 404),
        (head("OPTIONS", "*"), 404),
        (head("GET", "http://x/api/innocent"), 200),
        (get("Connection: upgrade", "Upgrade: websocket"), 200),
        (b"\r\n" * 1000 + get(), 200),
    ],
)
def test_odd_but_correct_requests_get_an_ordinary_answer(host: HostProcess, data: bytes, status: int) -> None:
    with Bystander(host):
        assert ask(host, data).status == status


def test_a_request_after_a_bad_one_on_the_same_connection_is_not_run(host: HostProcess) -> None:
    before = host.get("/api/uploads").text
    smuggled = post("Content-Length: 6") + b"hidden"
    answer = ask(host, post("Content-Length: 3", "Transfer-Encoding: chunked") + b"0\r\n\r\n" + smuggled)
    assert (answer.status, answer.closed) == (400, True)
    assert host.get("/api/uploads").text == before


def test_pipelined_requests_are_answered_in_order(host: HostProcess) -> None:
    count = 200
    with Bystander(host), connect(host) as connection:
        # A later one is done sooner, and still waits for its turn.
        connection.sendall(b"".join(head("GET", f"/api/late/{number}") for number in range(count)))
        expected = [f"answer {number}" for number in range(count)]
        assert answers(connection, count) == expected


def test_a_client_that_pipelines_without_end_is_cut_off_after_what_was_accepted(host: HostProcess) -> None:
    with Bystander(host), connect(host) as connection:
        with suppress(ConnectionError):  # the host has stopped reading
            connection.sendall(b"".join(head("GET", f"/api/late/{number}") for number in range(5000)))
        received = b""
        with suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                received += piece
    assert 200 <= received.count(b"answer ") < 1000
    assert received.count(b"HTTP/1.1 200 OK") == received.count(b"answer ")


def test_a_refused_request_does_not_get_in_front_of_an_answer_that_is_due(host: HostProcess) -> None:
    with connect(host) as connection:
        connection.sendall(head("GET", "/api/late/0") + b"garbage\r\n\r\n")
        answer = read_answer(connection)
    assert answer == (200, b"answer 0", True)


def answers(connection: socket.socket, count: int) -> list[str]:
    """Return the bodies of `count` answers that follow each other."""
    received = b""
    while received.count(b"answer ") < count or not received.endswith(b"answer %d" % (count - 1)):
        piece = connection.recv(65536)
        assert piece, f"the connection ended after {received[-300:]!r}"
        received += piece
    return [part.partition(b"\r\n\r\n")[2].decode() for part in received.split(b"HTTP/1.1 200 OK\r\n")[1:]]
