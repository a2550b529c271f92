"""The app that misbehaves on request, and what tests ask of a host that runs it."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from funchost.testing import HostProcess, Response, eventually

APP = Path(__file__).parents[2] / "apps" / "fault_workers"
WAIT = 60.0
"""Seconds: far more than anything takes on a busy machine, unless it hangs."""


def worker(host: HostProcess) -> int:
    """The process that answers a request now."""
    return int(host.get("/api/innocent").text)


def workers(host: HostProcess, count: int) -> frozenset[int]:
    """Wait until `count` workers answer, and return their process ids."""
    return eventually(lambda: _when(frozenset(worker(host) for _ in range(3 * count)), count), WAIT)


def _when(pids: frozenset[int], count: int) -> frozenset[int]:
    assert len(pids) == count, f"requests were answered by {pids}"
    return pids


def is_well(host: HostProcess) -> bool:
    """Whether the host says that it runs and has nothing to complain of."""
    status = host.status()
    assert (status["state"], status.get("errors") or []) == ("Running", [])
    return True


def answered(response: Response) -> tuple[int, str]:
    return response.status, response.text


class Held:
    """A request whose function waits for a file."""

    def __init__(
        self, host: HostProcess, clients: ThreadPoolExecutor, folder: Path, function: str, until: Path
    ) -> None:
        self._started = folder / f"started-{function}-{len(list(folder.iterdir()))}"
        self._started.touch()
        path = f"/api/{function}?started={self._started}&until={until}"
        self.answer: Future[Response] = clients.submit(host.get, path, timeout=WAIT)

    def worker(self) -> int:
        """Wait until the function runs; returns the process that runs it."""
        return int(eventually(self._started.read_text, WAIT))

    def result(self) -> tuple[int, str]:
        return answered(self.answer.result(WAIT))
