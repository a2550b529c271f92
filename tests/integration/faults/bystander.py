"""Somebody who uses the app while something else in it goes wrong, and must not notice."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Protocol, Self, TypeVar

from funchost.testing import Response, eventually

T = TypeVar("T")

PAUSE = 0.01
"""Seconds between requests: others share the machine."""


class Seen(NamedTuple):
    """One request: when it was sent and answered (monotonic seconds), its status, and the body or the problem."""

    sent: float
    ended: float
    status: int | None
    text: str


class Asked(Protocol):
    """An app that is asked: a host, or a site on a server."""

    def get(self, path: str, /) -> Response: ...


class Bystander:
    """Asks an innocent function again and again in a thread, as a context manager.

    Args:
        host: whom.
        path: answers 200 when all is well.
    """

    def __init__(self, host: Asked, path: str = "/api/innocent") -> None:
        self.seen: list[Seen] = []
        self._host = host
        self._path = path
        self._over = threading.Event()
        self._faults: list[tuple[float, float]] = []
        self._thread = threading.Thread(target=self._ask, name="bystander", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.goes_on()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.goes_on()
        self._over.set()
        self._thread.join(60)
        if error is None:
            assert not self._thread.is_alive(), "the last request got no answer"
            bad = [seen for seen in self.seen if seen.status != 200 and not self._excused(seen)]
            assert not bad, f"{len(bad)} of {len(self.seen)} requests were not answered 200: {bad[:5]}"

    @property
    def slowest(self) -> float:
        """Seconds that the slowest answer took."""
        return max(seen.ended - seen.sent for seen in self.seen)

    def is_answered_while(self, busy: Callable[[], T], requests: int = 3) -> T:
        """Do `busy`, and assert that at least this many requests were sent and answered before it was done."""
        before = len(self.seen)
        begun = time.monotonic()
        result = busy()
        meanwhile = [seen for seen in self.seen[before:] if seen.sent > begun]
        assert len(meanwhile) >= requests, f"{len(meanwhile)} answers in {time.monotonic() - begun:.1f} s"
        return result

    def excuse(self, since: float) -> None:
        """Accept a 500 for requests that were on their way between `since` (monotonic) and now.

        They may have been in the worker that died; nothing can tell whether it had begun with them.
        """
        self._faults.append((since, time.monotonic()))

    def goes_on(self, requests: int = 3, timeout: float = 60.0) -> None:
        """Wait until this many more requests have been answered."""
        before = len(self.seen)
        eventually(lambda: len(self.seen) >= before + requests, timeout)

    def _excused(self, seen: Seen) -> bool:
        return seen.status == 500 and any(seen.sent <= end and seen.ended >= begin for begin, end in self._faults)

    def _ask(self) -> None:
        while not self._over.wait(PAUSE):
            sent = time.monotonic()
            try:
                answer = self._host.get(self._path)
            except (OSError, http.client.HTTPException) as error:
                self.seen.append(Seen(sent, time.monotonic(), None, repr(error)))
            else:
                self.seen.append(Seen(sent, time.monotonic(), answer.status, answer.text[:200]))
