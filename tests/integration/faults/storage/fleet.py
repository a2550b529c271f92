"""Fleet: several hosts of one app on one store, of which a test kills and suspends some."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from funchost.testing import HostProcess, eventually
from tests.integration.faults.leftovers import Family
from tests.integration.faults.storage.blows import Blow
from tests.integration.faults.storage.ledger import PREAMBLE, Ledger
from tests.integration.faults.storage.stores import EmbeddedFolder, Store

FAULT = re.compile(r"fault of funchost|Unhandled in the host|failed in the host|Task '.*' failed|Fatal Python error")
"""What a host says of a defect of its own."""


class Fleet:
    """A context manager that starts the hosts, and at the end kills them and looks at what they said.

    Args:
        root: a new folder for the app.
        code: of the app, below ledger.PREAMBLE.
        store: that they share.
        count: of hosts.
        extensions: of host.json.
        seed: of the choices of whom to hit.
    """

    def __init__(
        self,
        root: Path,
        code: str,
        store: Store,
        count: int,
        extensions: Mapping[str, object] | None = None,
        seed: int = 1,
    ) -> None:
        root.mkdir(exist_ok=True)
        document = {
            "version": "2.0",
            "logging": {"logLevel": {"default": "Warning"}},
            "extensions": dict(extensions or {}),
        }
        (root / "host.json").write_text(json.dumps(document))
        (root / "function_app.py").write_text(PREAMBLE + code)
        self.ledger = Ledger(root / "ledger.jsonl")
        self.blows: list[Blow] = []
        self.hosts: list[HostProcess] = []
        self.random = random.Random(seed)  # noqa: S311 - a test's choices
        self._root = root
        self._store = store
        self._count = count
        self._family = Family()
        self._starters = ThreadPoolExecutor(max(count, 1))
        self._ended: list[HostProcess] = []

    def __enter__(self) -> Self:
        try:
            self.hosts = list(self._starters.map(lambda _: self._start(), range(self._count)))
        except BaseException:
            self._family.kill()
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()
        for number, host in enumerate(self._ended):
            (self._root / f"host-{number}-{host.pid}.log").write_text(host.output)
        if error is None:
            assert self.faults() == []

    def faults(self) -> list[str]:
        """The lines in which hosts spoke of defects of their own."""
        return [line for host in (*self._ended, *self.hosts) for line in host.lines if FAULT.search(line)]

    @property
    def kills(self) -> int:
        """Processes that were killed."""
        return sum(len(blow.hosts | blow.workers) for blow in self.blows if "killed" in blow.kind)

    def wait_until_busy(self) -> None:
        """Wait until a function runs on a host that lives."""
        eventually(
            lambda: {host.pid for host in self.hosts} & {run.host for run in self.ledger.runs() if not run.ended}
        )

    def any_host(self) -> HostProcess:
        return self.random.choice(self.hosts)

    def kill_hosts(self, *hosts: HostProcess) -> None:
        """Kill hosts with SIGKILL, all at once, and start as many."""
        began = time.monotonic()
        for host in hosts:
            os.kill(host.pid, signal.SIGKILL)
        for host in hosts:
            eventually(lambda host=host: host.exit_code is not None)  # type: ignore[misc]
            host.kill()  # lets go of its console; its workers have to end by themselves
        for host in hosts:
            self.hosts.remove(host)
            self._ended.append(host)
        self._note("hosts killed", began, hosts)
        self.hosts += self._starters.map(lambda _: self._start(), hosts)

    def kill_worker(self, host: HostProcess) -> None:
        """Kill a worker of a host, if there is one just now."""
        workers = host.worker_pids
        if workers:
            began, worker = time.monotonic(), self.random.choice(workers)
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
            self._note("workers killed", began, (), (worker,))

    def suspend(self, host: HostProcess, seconds: float) -> None:
        """Let a host stand still for a while; its workers go on."""
        began = time.monotonic()
        os.kill(host.pid, signal.SIGSTOP)
        try:
            eventually(lambda: _is_stopped(host.pid))
            stops_all = isinstance(self._store, EmbeddedFolder) and self._store.is_locked_by(host.pid)
            time.sleep(seconds)  # that is the fault
        finally:
            os.kill(host.pid, signal.SIGCONT)
        kind = "suspended with the store's lock" if stops_all else "suspended"
        self._note(kind, began, () if stops_all else (host,))

    def _note(self, kind: str, began: float, hosts: Sequence[HostProcess], workers: Sequence[int] = ()) -> None:
        pids = frozenset(host.pid for host in hosts)
        self.blows.append(Blow(kind, pids, frozenset(workers), began, time.monotonic()))

    def add(self, settings: Mapping[str, str]) -> HostProcess:
        """Start one more, with settings of its own on top; if it is killed, others do not inherit these."""
        host = self._start(settings)
        self.hosts.append(host)
        return host

    def _start(self, settings: Mapping[str, str] | None = None) -> HostProcess:
        env = {**self._family.env, **self._store.settings, **self.ledger.environment, **(settings or {})}
        return HostProcess(self._root, env=env, start_timeout=60.0).__enter__()

    def _end(self) -> None:
        self._starters.shutdown()
        for host in self.hosts:
            host.kill()
        self._ended += self.hosts
        self.hosts = []
        try:
            eventually(lambda: not self._family.pids(), 10)
        finally:
            self._family.kill()


def _is_stopped(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "T"
