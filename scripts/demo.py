"""Runs the example app and shows how to call it; `--check` makes the calls itself. Started by scripts/demo.

The host runs as a child that has the terminal, so what it prints is what `func start` prints.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
STOP_SECONDS = 30.0
EVENT_SECONDS = 20.0
"""How long a function may take to notice its event; the timer comes every ten seconds."""


@dataclass(frozen=True, slots=True)
class Call:
    """One curl line and what its output must contain.

    Args:
        purpose: what a person sees by it.
        arguments: of curl, without the URL.
        path: path and query.
        expected: part of the answer; comes after a moment when an event has to happen first.
    """

    purpose: str
    arguments: str
    path: str
    expected: str

    def line(self, port: int) -> str:
        """The command as a person types it."""
        return f"curl {self.arguments}{shlex.quote(f'http://127.0.0.1:{port}{self.path}')}"


@dataclass(frozen=True, slots=True)
class Example:
    """An app under examples/ and calls that show what it does."""

    folder: str
    calls: tuple[Call, ...]


def orders() -> Example:
    """The example app, called with an order number that no earlier run has used."""
    number = f"{time.time():.0f}"
    return Example(
        "orders",
        (
            Call(
                "an HTTP function puts an order into a queue",
                """-d '{"quantity": 3}' """,
                f"/api/orders?number={number}",
                f"Order {number}: 3 pieces, in the queue.",
            ),
            Call(
                "the queue function has written a receipt, a blob; an HTTP function reads it",
                "",
                f"/api/orders/{number}",
                f"Receipt {number}: 3 pieces, 12 crowns.",
            ),
            Call("the blob function has noticed the receipt", "", "/api/orders", f"receipts/{number}.txt"),
            Call("the timer function runs every ten seconds", "", "/api/heartbeat", "on time"),
            Call("how the host is", "", "/admin/host/status", '"Running"'),
        ),
    )


def main(arguments: list[str]) -> int:
    """Runs the demo until Ctrl-C, or with `--check` until the calls are made; returns the exit code."""
    if arguments not in ([], ["--check"]):
        print("usage: scripts/demo [--check]", file=sys.stderr)
        return 2
    example = orders()
    port = free_port(7071)
    host = start(example, port)
    try:
        if not wait_until_running(host, port):
            ended = f"func start ended with exit code {host.poll()}"
            silent = f"the app does not run within {START_SECONDS:.0f} s"
            print(f"scripts/demo: {silent if host.poll() is None else ended}", file=sys.stderr)
            return 1
        if arguments:
            results = [check(call, port) for call in example.calls]
            return 0 if all(results) else 1
        print_calls(example, port)
        return host.wait()
    finally:
        stop(host)


def free_port(preferred: int) -> int:
    """The preferred port of 127.0.0.1 if nothing listens there, else a free one."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


def start(example: Example, port: int) -> subprocess.Popen[bytes]:
    """`func start` of this repository's environment, whose Python the worker uses as well."""
    environment = Path(sys.prefix)
    app = REPOSITORY / "examples" / example.folder
    command = [str(environment / "bin" / "func"), "start", "--script-root", str(app), "--port", str(port)]
    host = subprocess.Popen(command, env={**os.environ, "VIRTUAL_ENV": str(environment)})
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the host as well, and the host stops by itself
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    return host


def wait_until_running(host: subprocess.Popen[bytes], port: int) -> bool:
    """True when the host says that the app runs; false when the host ended or time is up."""
    url = f"http://127.0.0.1:{port}/admin/host/status"
    deadline = time.monotonic() + START_SECONDS
    while host.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=START_SECONDS) as answer:
                if json.load(answer)["state"] == "Running":
                    return True
        except OSError:
            pass  # it does not listen yet
        time.sleep(0.1)
    return False


def check(call: Call, port: int) -> bool:
    """Runs one line in a shell, as a person would, until the answer is the expected one; says whether it came."""
    line = call.line(port)
    deadline = time.monotonic() + EVENT_SECONDS
    while True:
        done = subprocess.run(["sh", "-c", f"{line} -sS"], capture_output=True, text=True, timeout=60, check=False)
        passed = done.returncode == 0 and call.expected in done.stdout
        if passed or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    print(f"{'ok' if passed else 'FAILED'}: {line}\n    {done.stdout}{done.stderr}", flush=True)
    return passed


def print_calls(example: Example, port: int) -> None:
    """The lines to try, below what the host printed."""
    lines = "\n\n".join(f"  # {call.purpose}\n  {call.line(port)}" for call in example.calls)
    print(f"\nThe app is examples/{example.folder}/function_app.py. Try in another terminal:\n\n{lines}\n", flush=True)
    print("Ctrl-C stops it.\n", flush=True)


def stop(host: subprocess.Popen[bytes]) -> None:
    """Asks the host to finish and waits; kills it when it does not."""
    if host.poll() is None:
        host.send_signal(signal.SIGTERM)
        try:
            host.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            host.kill()
            host.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
