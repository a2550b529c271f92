"""A server under test as a child process: started, waited for, stopped."""

from __future__ import annotations

import http.client
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.outcome import NotMeasured

START_SECONDS = 30.0
STOP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Server:
    """How to start a server.

    Args:
        command: argv; `{port}` in it stands for the port.
        probe: path that answers 200 when the server is up.
        environment: variables on top of our own.
    """

    name: str
    command: Sequence[str]
    probe: str
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """A server that has answered."""

    server: Server
    port: int
    pid: int
    seconds_to_answer: float

    def url(self, path: str) -> str:
        """An address on it."""
        return f"http://127.0.0.1:{self.port}{path}"


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on now, below those that the system gives to clients."""
    while True:
        port = random.randrange(15_000, 30_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def answers(port: int, path: str) -> bool:
    """Whether a GET is answered with 200 now."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def running(server: Server) -> Iterator[Running]:
    """Starts the server, waits for its first 200 and stops it at the end.

    What it prints goes through a pipe to a reader that drops it, as under a service manager.

    Raises:
        NotMeasured: it ended, or did not answer in time.
    """
    port = free_port()
    command = [argument.replace("{port}", str(port)) for argument in server.command]
    begin = time.perf_counter()
    with subprocess.Popen(["tail", "-c", "2000"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        process = subprocess.Popen(
            command,
            cwd=server.folder,
            env={**os.environ, **server.environment},
            stdin=subprocess.DEVNULL,
            stdout=reader.stdin,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while not answers(port, server.probe):
                if process.poll() is not None or time.perf_counter() - begin > START_SECONDS:
                    _stop(process)
                    raise NotMeasured(
                        f"{server.name} did not answer {server.probe}: {reader.communicate()[0].decode()}"
                    )
                time.sleep(0.005)
            yield Running(server, port, process.pid, time.perf_counter() - begin)
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
