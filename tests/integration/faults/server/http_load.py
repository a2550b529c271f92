"""HttpLoad: clients that call a site all the time, over connections that they keep, and remember every answer."""

from __future__ import annotations

import hashlib
import http.client
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import NamedTuple, Self

from funchost.testing import eventually
from tests.integration.faults.server.site import WAIT, TestedSite
from tests.integration.faults.storage.ledger import Ledger

PAUSE = 0.05
"""Seconds between a client's requests: others share the machine."""
LONG_PAUSE = 0.3
"""Seconds until a client that got no answer asks again."""
READERS, WRITERS, SLOW = 6, 3, 2
CHUNK = bytes(range(256)) * 128
CHUNKS = 20


class Call(NamedTuple):
    """One request.

    Args:
        id: what it told the function.
        method: GET or POST.
        body: length and SHA-1 of its body, as the function has to tell them.
        sent, ended: monotonic seconds.
        status: None = there was no answer.
        text: of the answer, or the problem.
    """

    id: str
    method: str
    body: str
    sent: float
    ended: float
    status: int | None
    text: str

    @property
    def version(self) -> str:
        return self.text.split()[0] if self.status == 200 else ""

    @property
    def refused(self) -> bool:
        """Whether nobody took the connection, so that the request cannot have been executed."""
        return self.status is None and ConnectionRefusedError.__name__ in self.text

    @property
    def right(self) -> bool:
        """Whether it was answered as it should be."""
        return self.status == 200 and self.text.endswith(f" {self.body}")


class HttpLoad:
    """Clients in threads; a context manager.

    Args:
        site: that they call.
        uploads: whether one uploads a body in small pieces, for seconds.
    """

    def __init__(self, site: TestedSite, *, uploads: bool = True) -> None:
        self.calls: list[Call] = []
        self._site = site
        self._numbers = itertools.count()
        self._over = threading.Event()
        self._threads = [self._client(self._read) for _ in range(READERS)]
        self._threads += [self._client(self._write) for _ in range(WRITERS)]
        self._threads += [self._client(self._wait) for _ in range(SLOW)]
        self._threads += [self._client(self._upload)] if uploads else []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        self.goes_on()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(2 * WAIT)
        if error is None:
            assert not any(thread.is_alive() for thread in self._threads), "a request got no answer"

    def goes_on(self, calls: int = 50) -> None:
        """Wait until so many more requests that are sent from now on have been answered 200."""
        now = time.monotonic()
        eventually(lambda: sum(call.sent > now and call.status == 200 for call in self.calls[-1000:]) >= calls, WAIT)

    @property
    def clients(self) -> int:
        return len(self._threads)

    def wrong(self) -> list[Call]:
        """Return the calls that were not answered as they should be."""
        return [call for call in self.calls if not call.right]

    def executed_other_than_once(self, ledger: Ledger) -> dict[str, int]:
        """Return how often each call was executed that was answered 200, and not executed just once."""
        done = Counter(run.text for run in ledger.runs() if run.outcome == "done")
        return {call.id: done[call.id] for call in self.calls if call.status == 200 and done[call.id] != 1}

    def slowest(self) -> float:
        """Return seconds that the slowest of the quick calls took."""
        quick = [call.ended - call.sent for call in self.calls if call.id.startswith(("read", "write"))]
        return max(quick, default=0.0)

    def pause(self) -> float:
        """Return the longest time in which no call was answered 200."""
        ends = sorted(call.ended for call in self.calls if call.status == 200)
        return max((later - earlier for earlier, later in itertools.pairwise(ends)), default=0.0)

    def _client(self, call: Callable[[Connection, str], Call]) -> threading.Thread:
        return threading.Thread(target=self._run, args=(call,), name=f"client {call.__name__}", daemon=True)

    def _run(self, call: Callable[[Connection, str], Call]) -> None:
        connection = Connection(self._site)
        pause = PAUSE
        while not self._over.wait(pause):
            made = call(connection, f"{call.__name__.strip('_')}-{next(self._numbers)}")
            self.calls.append(made)
            pause = LONG_PAUSE if made.status is None else PAUSE
        connection.close()

    def _read(self, connection: Connection, id: str) -> Call:
        return connection.call("GET", f"echo?id={id}", id)

    def _write(self, connection: Connection, id: str) -> Call:
        return connection.call("POST", f"echo?id={id}", id, [CHUNK[: 1 + 4000 * (hash(id) % 8)]])

    def _wait(self, connection: Connection, id: str) -> Call:
        return connection.call("POST", f"slow?id={id}", id, [b"slow"])

    def _upload(self, connection: Connection, id: str) -> Call:
        return connection.call("POST", f"echo?id={id}", id, [CHUNK] * CHUNKS, pace=0.1)


class Connection:
    """A connection that is kept, and made anew when it was lost.

    Args:
        site: that it leads to.
    """

    def __init__(self, site: TestedSite) -> None:
        self._site = site
        self._open: http.client.HTTPConnection | None = None

    def call(self, method: str, path: str, id: str, body: Sequence[bytes] = (), pace: float = 0.0) -> Call:
        """Send a request; its answer, or what went wrong, is in what is returned.

        Args:
            body: sent as it is if it is one piece, in chunks otherwise.
            pace: seconds between chunks.
        """
        whole = b"".join(body)
        seen = f"{len(whole)} {hashlib.sha1(whole, usedforsecurity=False).hexdigest()}"
        sent = time.monotonic()
        try:
            status, text = self._exchange(method, path, body, pace)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Call(id, method, seen, sent, time.monotonic(), None, repr(error))
        return Call(id, method, seen, sent, time.monotonic(), status, text)

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _exchange(self, method: str, path: str, body: Sequence[bytes], pace: float) -> tuple[int, str]:
        server = self._site.server
        if self._open is None:
            self._open = http.client.HTTPConnection("127.0.0.1", server.port, timeout=WAIT)
        chunked = len(body) > 1
        self._open.request(
            method,
            f"/api/{path}",
            _paced(body, pace) if chunked else b"".join(body) or None,
            {"Host": f"{self._site.label}.localhost:{server.port}"},
            encode_chunked=chunked,
        )
        answer = self._open.getresponse()
        return answer.status, answer.read().decode(errors="replace")


def _paced(pieces: Sequence[bytes], seconds: float) -> Iterator[bytes]:
    """Yield pieces as slowly as a client on a slow line sends them."""
    for piece in pieces:
        time.sleep(seconds)
        yield piece
