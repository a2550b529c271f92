"""Ledger: what functions did, written by themselves to a file outside of any store; a kill tears no line of it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

VARIABLE = "TEST_LEDGER"

RECORDING = f"""
import asyncio, contextlib, json, os, random, time, uuid

ledger = os.open(os.environ["{VARIABLE}"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def record(kind, run, text, more):
    entry = [kind, run, text, more, os.getpid(), os.getppid(), time.monotonic(), time.time()]
    os.write(ledger, (json.dumps(entry) + "\\n").encode())


@contextlib.contextmanager
def recorded(text, more=None):
    run = uuid.uuid4().hex
    record("begin", run, text, more)
    try:
        yield
    except BaseException as error:
        record("cancelled" if isinstance(error, asyncio.CancelledError) else "failed", run, text, more)
        raise
    record("done", run, text, more)
"""
"""Code of an app: `with recorded(text):` notes when a function begins, and how and when it ends."""

PREAMBLE = f"""
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
{RECORDING}
"""
"""The beginning of an app that is written with decorators."""


class Run(NamedTuple):
    """One execution of a function.

    Args:
        text: what the function was called for.
        more: what else it said at its beginning.
        worker, host: process ids.
        began, ended: monotonic seconds, the same clock in all processes; `ended` is None for a run that was cut off.
        wall: when it began, seconds since 1970.
        outcome: done, failed or cancelled; empty for one that was cut off.
    """

    text: str
    more: object
    worker: int
    host: int
    began: float
    wall: float
    ended: float | None = None
    outcome: str = ""


class Ledger:
    """Reads what is new in the file whenever it is asked.

    Args:
        path: of the file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._runs: dict[str, Run] = {}
        self._offset = 0
        self._done: set[str] = set()

    @property
    def environment(self) -> Mapping[str, str]:
        """What the hosts' environment needs."""
        return {VARIABLE: str(self.path)}

    def runs(self) -> list[Run]:
        """All runs, in the order in which they began."""
        self._read()
        return list(self._runs.values())

    def done(self) -> set[str]:
        """The texts that were dealt with at least once."""
        self._read()
        return self._done

    def _read(self) -> None:
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self._offset)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            self._take(*json.loads(line))

    def _take(
        self, kind: str, run: str, text: str, more: object, worker: int, host: int, at: float, wall: float
    ) -> None:
        if kind == "begin":
            self._runs[run] = Run(text, more, worker, host, at, wall)
            return
        self._runs[run] = self._runs[run]._replace(ended=at, outcome=kind)
        if kind == "done":
            self._done.add(text)


def by_text(runs: Iterable[Run]) -> Mapping[str, list[Run]]:
    """The runs of each text, in the order in which they began."""
    found: dict[str, list[Run]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: run.began):
        found[run.text].append(run)
    return found
