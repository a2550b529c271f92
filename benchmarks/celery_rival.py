"""Celery with Redis: the same no-op, the same number of messages, on the same machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import contenders
from benchmarks.countdown import Countdown, countdown
from benchmarks.outcome import NotMeasured
from benchmarks.processes import processor_seconds
from benchmarks.serving import free_port

FOLDER = Path(__file__).resolve().parent / "celery_app"
START_SECONDS = 10.0


def rates(count: int, processes: int) -> Countdown:
    """Tasks per second of a worker with that many processes; raises NotMeasured."""
    python = contenders.celery()
    with _redis() as port:
        environment = {**os.environ, "BENCH_BROKER": f"redis://127.0.0.1:{port}/0"}
        fill = [str(python), "fill.py", str(count)]
        subprocess.run(fill, cwd=FOLDER, env=environment, timeout=120, check=True)
        options = ["--pool", "prefork", "--concurrency", str(processes), "--loglevel", "WARNING"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        command = [str(python), "-m", "celery", "-A", "tasks", "worker", *options, *quiet]
        with subprocess.Popen(
            command, cwd=FOLDER, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as worker:
            try:
                return countdown(count, lambda: _left(port), lambda: processor_seconds(worker.pid) or 0.0)
            finally:
                worker.terminate()


@contextmanager
def _redis() -> Iterator[int]:
    """A Redis that keeps nothing on disk; gives its port."""
    if shutil.which("redis-server") is None:
        raise NotMeasured("redis-server is not installed (on Debian and Ubuntu: apt install redis-server)")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="bench-redis-") as folder:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
        with subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL) as redis:
            try:
                _wait(port)
                yield port
            finally:
                redis.terminate()


def _wait(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            _ask(port, "PING")
        except OSError:
            if time.monotonic() > deadline:
                raise NotMeasured("redis-server does not answer") from None
            time.sleep(0.02)
        else:
            return


def _left(port: int) -> int:
    return int(_ask(port, "LLEN celery")) + int(_ask(port, "HLEN unacked"))


def _ask(port: int, command: str) -> str:
    """The one-line answer to a command, without the character that says its type."""
    with socket.create_connection(("127.0.0.1", port), 5.0) as connection:
        connection.sendall(f"{command}\r\n".encode())
        return connection.recv(1024).decode().strip()[1:]
