"""Functions that answer what no answer can be: the client gets a clean 500 and the console says what was wrong."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest

from funchost.testing import HostProcess
from tests.integration.faults.bystander import Bystander
from tests.integration.faults.faulty_app import APP, WAIT, answered, is_well, worker

REFUSED = (500, "")


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(APP) as host, Bystander(host):
        pid = worker(host)
        yield host
        assert worker(host) == pid
        assert is_well(host)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("number", 'for Python type "int"'),
        ("dictionary", 'for Python type "dict"'),
        ("list", 'for Python type "list"'),
        ("object", 'for Python type "object"'),
        ("unprintable", 'for Python type "Unprintable"'),
        ("class", "for Python type "),
        ("surrogate", "lone surrogate at position 0"),
    ],
)
def test_value_of_a_type_that_is_no_answer(host: HostProcess, kind: str, said: str) -> None:
    start = len(host.lines)
    assert answered(host.get(f"/api/value?kind={kind}")) == REFUSED
    host.wait_for_line(said, start=start)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("coroutine", "returned a coroutine: declare it with `async def`"),
        ("unprintable_error", "UnprintableError: Unhandled exception in function. Could not serialize"),
        ("huge_error", "Exception: ValueError: eeee"),
    ],
)
def test_result_that_cannot_be_told(host: HostProcess, function: str, said: str) -> None:
    start = len(host.lines)
    assert answered(host.get(f"/api/{function}", timeout=WAIT)) == REFUSED
    host.wait_for_line(said, start=start)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Evil", "a\r\nSet-Cookie: session=stolen"),
        ("X-Evil", "a\nSet-Cookie: session=stolen"),
        ("X-Evil", "a\rb"),
        ("X-Evil", "a\x00b"),
        ("X-Evil", "snow\u2603man"),
        ("X-Evil\r\nSet-Cookie", "session=stolen"),
        ("X Evil", "a"),
        ("", "a"),
        ("Set-Cookie", "a=b\r\nX-Evil: yes"),
        ("Content-Type", "text/plain\r\nX-Evil: yes"),
    ],
)
def test_header_that_would_forge_a_response(host: HostProcess, name: str, value: str) -> None:
    """Refused by the library's own headers or, where an app gets around those, by the worker."""
    for function, said in (("header", "Exception: ValueError: "), ("smuggled_header", "ValueError: HttpResponse: ")):
        start = len(host.lines)
        answer = host.post(f"/api/{function}", json.dumps({"name": name, "value": value}))
        assert answered(answer) == REFUSED
        assert not {"x-evil", "set-cookie"} & {header.lower() for header in answer.headers}
        host.wait_for_line(said, start=start)


@pytest.mark.parametrize("status", ["abc", "0", "-1", "99", "100", "199", "1000", "99999999999999999999", "2.5"])
def test_status_that_no_answer_can_have(host: HostProcess, status: str) -> None:
    start = len(host.lines)
    assert answered(host.get(f"/api/status?status={quote(status)}")) == REFUSED
    host.wait_for_line("ValueError: HttpResponse: the status code must be ", start=start)


@pytest.mark.parametrize("status", [200, 299, 418, 599, 799, 999])
def test_status_that_can_be_sent_is_sent(host: HostProcess, status: int) -> None:
    assert answered(host.get(f"/api/status?status={status}")) == (status, "with status")


def test_header_of_a_mebibyte(host: HostProcess) -> None:
    """It arrives; whether a client takes it is the client's decision."""
    answer = raw_get(host, f"/api/huge_header?size={1024 * 1024}")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"h" * (1024 * 1024) in head
    assert body == b"with header"


def test_twenty_thousand_headers(host: HostProcess) -> None:
    head, _, body = raw_get(host, "/api/many_headers?count=20000").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert sum(line.lower().startswith(b"x-") for line in head.split(b"\r\n")) == 20000
    assert body == b"ok"


def raw_get(host: HostProcess, path: str) -> bytes:
    """What comes back on the wire until the host closes the connection."""
    address = urlsplit(host.url)
    with socket.create_connection((address.hostname, address.port), WAIT) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".encode())
        received = bytearray()
        while piece := connection.recv(1 << 20):
            received += piece
    return bytes(received)
