"""Answers that the gateway gives itself. They name nothing that a stranger should not know."""

from __future__ import annotations

from typing import NamedTuple

from funchost.http.exchange import status_line
from funchost.platform.gateway.target import RouteState

_RETRY = b"Retry-After: 5\r\n"


class Reply(NamedTuple):
    """A short answer.

    Args:
        status: of it.
        text: for people.
        retry: whether to ask the client to come again.
    """

    status: int
    text: str = ""
    retry: bool = False

    def written(self, *, to_head: bool, close: bool) -> bytes:
        """Return the bytes to send.

        Args:
            to_head: whether the request was a HEAD request, whose answer has no body.
            close: whether the connection ends after it.
        """
        body = f"{self.text}\n".encode() if self.text else b""
        lines = [status_line(self.status), b"Content-Length: %d\r\n" % len(body)]
        if body:
            lines.append(b"Content-Type: text/plain; charset=utf-8\r\n")
        if self.retry:
            lines.append(_RETRY)
        if close:
            lines.append(b"Connection: close\r\n")
        lines.append(b"\r\n")
        if not to_head:
            lines.append(body)
        return b"".join(lines)


UNKNOWN_SITE = Reply(404, "There is no function app of this name here.")
STOPPED = Reply(403, "This function app is stopped.")
NOTHING_DEPLOYED = Reply(200, "This function app is ready: nothing has been deployed to it yet.")
NO_FUNCTION = Reply(404, "Nothing has been deployed to this function app yet.")
NO_INSTANCE = Reply(503, "This function app did not start in time.", retry=True)
TOO_MANY_WAIT = Reply(503, "This function app is starting, and too many requests wait for it.", retry=True)
TOO_MANY_CLIENTS = Reply(503, "Too many clients are connected to this server.", retry=True)
INSTANCE_LOST = Reply(502, "The function app's instance ended before it answered.")


def unreadable_reply(problem: str) -> Reply:
    """Return the answer in place of one that cannot be passed on.

    Args:
        problem: goes on after "because".
    """
    return Reply(502, f"The function app's answer cannot be passed on, because {problem}.")


def state_reply(state: RouteState | None, target: bytes) -> Reply:
    """Return the answer of a site that does not serve.

    Args:
        state: the site's, None = it has been deleted.
        target: of the request.
    """
    if state is None:
        return UNKNOWN_SITE
    if state is RouteState.STOPPED:
        return STOPPED
    return NOTHING_DEPLOYED if target.partition(b"?")[0] == b"/" else NO_FUNCTION
