"""The host is told to end: by SIGTERM, Ctrl-C or a closed terminal, at any time, once or twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from funchost.settings import process_environment
from funchost.testing import HostProcess, eventually
from tests.integration.faults.faulty_app import APP, WAIT, Held, answered
from tests.integration.faults.leftovers import Family

DRAIN = 10.0
"""Seconds that requests in flight get (host/serve.py)."""

START_TIMEOUT = 40
"""Seconds that the import may take."""

ENDLESS_IMPORT = "print('importing')\nimport threading\nthreading.Event().wait()\n"
GRACEFUL = [signal.SIGTERM, signal.SIGINT]
ENDING = [*GRACEFUL, signal.SIGHUP]


def ended(host: HostProcess) -> int:
    """Wait for the host's end and return its exit code."""
    eventually(lambda: host.exit_code is not None, WAIT)
    assert host.exit_code is not None
    return host.exit_code


@pytest.mark.parametrize("number", ENDING)
def test_requests_in_flight_are_answered_first(
    number: signal.Signals, tmp_path: Path, processes: Family, clients: ThreadPoolExecutor
) -> None:
    """Running calls get their time, new connections are refused, the exit code is 0, nothing is left."""
    go = tmp_path / "go"
    with HostProcess(APP, env=processes.env) as host:
        held = [Held(host, clients, tmp_path, name, go) for name in ("hold", "hold_thread")]
        for call in held:
            call.worker()
        os.kill(host.pid, number)
        host.wait_for_line(f"{number.name} received: finishing requests, then stopping. .+ kills.")
        eventually(lambda: refuses(host))
        assert host.exit_code is None
        go.touch()
        assert [call.result() for call in held] == [(200, "held")] * 2
        assert ended(host) == 0
        assert processes.pids() == ()


@pytest.mark.parametrize("function", ["never_returns", "block_loop", "block_gil"])
def test_request_that_does_not_end_is_given_up_at_the_deadline(
    function: str, tmp_path: Path, processes: Family, clients: ThreadPoolExecutor
) -> None:
    """The client gets an error or a closed connection, the host exits 0, whatever keeps the worker busy."""
    with HostProcess(APP, env=processes.env) as host:
        started = tmp_path / "started"
        path = f"/api/{function}?started={started}&until={tmp_path / 'never'}&seconds=600"
        stuck = clients.submit(host.get, path, timeout=WAIT)
        eventually(started.exists, WAIT)
        signalled = time.monotonic()
        os.kill(host.pid, signal.SIGTERM)
        assert ended(host) == 0
        assert time.monotonic() - signalled >= DRAIN
        assert processes.pids() == ()
        problem = stuck.exception(WAIT)
        assert problem is not None or stuck.result().status in (500, 503)


@pytest.mark.parametrize("first", ENDING)
@pytest.mark.parametrize("second", GRACEFUL)
def test_second_signal_kills(
    first: signal.Signals, second: signal.Signals, tmp_path: Path, processes: Family, clients: ThreadPoolExecutor
) -> None:
    with HostProcess(APP, env=processes.env) as host:
        held = Held(host, clients, tmp_path, "hold_thread", tmp_path / "never")
        held.worker()
        os.kill(host.pid, first)
        host.wait_for_line(f"{first.name} received")
        signalled = time.monotonic()
        os.kill(host.pid, second)
        assert ended(host) == 130
        assert time.monotonic() - signalled < DRAIN
        host.wait_for_line("Killed.")
        eventually(lambda: not processes.pids())
        assert held.answer.exception(WAIT) is not None or held.result()[0] in (500, 503)


@pytest.mark.parametrize("number", ENDING)
def test_signal_while_the_app_is_being_imported(number: signal.Signals, tmp_path: Path, processes: Family) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "host.json").write_text('{"version": "2.0"}')
    (app / "function_app.py").write_text(ENDLESS_IMPORT)
    with HostProcess(app, "--timeout", str(START_TIMEOUT), env=processes.env, state=None) as host:
        host.wait_for_line("importing$", WAIT)
        signalled = time.monotonic()
        os.kill(host.pid, number)
        assert ended(host) == 0
        assert time.monotonic() - signalled < START_TIMEOUT
        eventually(lambda: not processes.pids())


@pytest.mark.parametrize("number", ENDING)
@pytest.mark.parametrize("delay", [0.05, 0.15, 0.3, 0.5])
def test_signal_at_any_moment_of_the_start(
    number: signal.Signals, delay: float, tmp_path: Path, processes: Family
) -> None:
    """It ends at once, without a traceback and without anything left, however far it has come."""
    console = tmp_path / "console"
    with console.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "funchost", "start", "--port", "0"],
            cwd=APP,
            env={**process_environment(), **processes.env, "VIRTUAL_ENV": sys.prefix},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with ended_at_last(process):
        timer = threading.Timer(delay, process.send_signal, (number,))
        timer.start()
        timer.join()
        eventually(lambda: process.poll() is not None or b"Exception ignored in" in console.read_bytes(), WAIT)
        if process.poll() is None:  # the interpreter has dropped the interrupt: it came in a callback of its own
            process.send_signal(number)
        process.wait(WAIT)
    output = console.read_bytes()
    if b"KeyboardInterrupt" in output:  # before our first line runs, the interpreter answers in its own way
        assert b"__main__.py" not in output
    else:
        assert process.returncode in (0, 130, -number)
        assert b"Traceback" not in output
    eventually(lambda: not processes.pids())


@contextmanager
def ended_at_last(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_closed_terminal_ends_everything(tmp_path: Path, processes: Family, clients: ThreadPoolExecutor) -> None:
    """SIGHUP: nobody is there to read or to press Ctrl-C again."""
    with HostProcess(APP, env=processes.env) as host:
        held = Held(host, clients, tmp_path, "hold", tmp_path / "never")
        held.worker()
        os.kill(host.pid, signal.SIGHUP)
        assert ended(host) == 0
        eventually(lambda: not processes.pids())
        assert held.answer.exception(WAIT) is not None or held.result()[0] in (500, 503)


@pytest.mark.parametrize("first", [signal.SIGHUP, signal.SIGTERM])
def test_closed_terminal_that_is_told_twice_does_not_kill(
    first: signal.Signals, tmp_path: Path, processes: Family, clients: ThreadPoolExecutor
) -> None:
    """The system and the shell send SIGHUP; a service manager may send it after SIGTERM."""
    go = tmp_path / "go"
    with HostProcess(APP, env=processes.env) as host:
        held = Held(host, clients, tmp_path, "hold", go)
        held.worker()
        os.kill(host.pid, first)
        host.wait_for_line(f"{first.name} received")
        os.kill(host.pid, signal.SIGHUP)
        eventually(lambda: refuses(host))
        go.touch()
        assert held.result() == (200, "held")
        assert ended(host) == 0


def refuses(host: HostProcess) -> bool:
    try:
        answered(host.get("/api/innocent", timeout=WAIT))
    except ConnectionRefusedError:
        return True
    except ConnectionError:  # it came just before the end of listening
        return False
    return False
