"""BadAnswers: tells in a site's log which answers of its instances could not be passed on, and why."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from funchost.platform.gateway.request_head import RequestHead
from funchost.platform.site import SiteName

QUIET_SECONDS = 1.0
"""Between two lines: an app that answers all requests so must not flood its log."""
_LONGEST_PATH = 200


class BadAnswers:
    """Writes a line about one answer, and about others that follow it closely how many they were.

    Args:
        site: whose instances answer.
        loop: the running one.
        note: writes a line to the log of a site.
    """

    def __init__(self, site: SiteName, loop: asyncio.AbstractEventLoop, note: Callable[[SiteName, str], None]) -> None:
        self._site = site
        self._loop = loop
        self._note = note
        self._count = 0
        """Answers of which nothing was said yet."""
        self._line = ""
        """About the last one of them."""
        self._pause: asyncio.TimerHandle | None = None
        self._closed = False

    def add(self, instance: str, head: RequestHead, problem: str, *, started: bool) -> None:
        """Take in an answer.

        Args:
            instance: id of the instance.
            head: the request.
            problem: why it could not be passed on.
            started: whether the client had got a part of it.
        """
        path = head.target.partition(b"?")[0].decode("ascii", "backslashreplace")  # a query may hold a key
        path = path if len(path) <= _LONGEST_PATH else path[:_LONGEST_PATH] + "..."
        outcome = "was cut off" if started else "became a 502"
        request = f"{head.method.decode('ascii', 'backslashreplace')} {path}"
        self._line = f"The answer of instance {instance[:8]} to {request} {outcome}, because {problem}."
        self._count += 1
        if self._pause is None and not self._closed:
            self._say()

    def close(self) -> None:
        """Say nothing more: the site's log may be gone."""
        self._closed = True
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    def _say(self) -> None:
        self._pause = None
        if not self._count:
            return
        others = self._count - 1
        self._count = 0
        more = f" {others} more before it did not get through either." if others else ""
        self._note(self._site, self._line + more)
        self._pause = self._loop.call_later(QUIET_SECONDS, self._say)
