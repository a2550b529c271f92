"""Uploads a package, telling how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from funchost.deploy.client.refusals import refusal
from funchost.deploy.client.scm import CHUNK, ScmClient
from funchost.deploy.client.wire import STREAM_TIMEOUT, Answer
from funchost.errors import PackageError, RefusedError, ServerUnreachableError

STALL = 120.0
"""Seconds without any byte taken by the server after which an upload is given up."""

ANSWER_TIMEOUT = 600.0
"""Seconds that the server has for its answer once it has the whole package."""

MOST_OF_AN_ANSWER = 1024 * 1024


class UploadUnansweredError(ServerUnreachableError):
    """The package was sent; what became of it is not known."""


class UploadAbandonedError(asyncio.CancelledError):
    """An upload was cancelled when the package had been sent; what became of it is not known."""


OnSent = Callable[[int, int], None]
"""Told the bytes sent so far and those in all."""


async def upload(scm: ScmClient, url: str, package: Path, on_sent: OnSent) -> Answer:
    """Upload a package.

    It is sent once: nobody knows whether a second one would be a second deployment.

    Args:
        scm: of the site.
        url: where to, with its query.
        package: the zip.
        on_sent: see OnSent.

    Raises:
        RefusedError: the server refused it; 409 while another deployment runs.
        UploadUnansweredError: it may have been taken.
        UploadAbandonedError: it may have been taken, and the call was cancelled.
        ServerUnreachableError: the connection broke; the message says whether anything can have changed.
        PackageError: the package cannot be read.
    """
    body = _Body(package, on_sent)
    headers = {"Content-Type": "application/zip", "Content-Length": str(body.size), "If-Match": "*"}
    try:
        async with asyncio.timeout(None) as limit:
            body.limit = limit
            async with scm.wire.request(
                "POST", url, headers=headers, data=body.pieces(), timeout=STREAM_TIMEOUT
            ) as response:
                text = await response.content.read(MOST_OF_AN_ANSWER)
    except (ServerUnreachableError, TimeoutError) as error:
        raise await _broken(scm, body, error) from error
    except asyncio.CancelledError as error:
        if body.sent >= body.size:
            raise UploadAbandonedError from error
        raise
    if response.status >= 300:
        raise refusal(response.status, text, url)
    return Answer(response.status, response.headers, text, url)


class _Body:
    """The package as it is sent."""

    def __init__(self, package: Path, on_sent: OnSent) -> None:
        try:
            self._file = package.open("rb")
            self.size = package.stat().st_size
        except OSError as error:
            raise PackageError(f"{package}: the package cannot be read: {error.strerror}.") from error
        self._on_sent = on_sent
        self.sent = 0
        self.limit: asyncio.Timeout | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        with self._file:
            while piece := await asyncio.to_thread(self._file.read, CHUNK):
                self._extend(STALL)
                yield piece
                self.sent += len(piece)
                self._on_sent(self.sent, self.size)
        self._extend(ANSWER_TIMEOUT)

    def _extend(self, seconds: float) -> None:
        if self.limit is not None:
            self.limit.reschedule(asyncio.get_running_loop().time() + seconds)


async def _broken(scm: ScmClient, body: _Body, error: Exception) -> Exception:
    if body.sent >= body.size:
        return UploadUnansweredError(
            f"The package was sent, but {scm.url} did not say what became of it.",
            hint="'func functionapp deployment list' shows whether it was deployed.",
        )
    # A server that refuses at once may close the connection before we read why.
    try:
        if await scm.is_deploying():
            return RefusedError("Conflict", "Another deployment is in progress; nothing was changed.", 409)
    except (ServerUnreachableError, RefusedError):
        pass
    cause = error.message if isinstance(error, ServerUnreachableError) else f"no byte was taken for {STALL:g} s."
    return ServerUnreachableError(
        f"The upload broke off after {body.sent:,} of {body.size:,} bytes: {cause} Nothing was deployed.",
        hint="Publish again when the server can be reached.",
    )
