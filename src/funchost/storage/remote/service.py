"""ServiceClient: requests to one service of an account, authorized, bounded in time, repeated where that is safe."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from email.utils import formatdate
from typing import NamedTuple
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from funchost.errors import StorageError
from funchost.storage.remote.authorization import Authorization
from funchost.storage.remote.failure import UNSURE, not_a_service, refusal, too_long, unreachable
from funchost.storage.remote.retry import FAULTS, REFUSED_UNDONE, requested_pause, retry_delay

SHORT = 1024 * 1024
"""Bytes of an answer that holds nothing much, or says what went wrong."""
LONG = 64 * 1024 * 1024
"""Bytes of any answer: more than the longest page of a listing or a query, and what memory can bear."""

LEAST_RATE = 200_000
"""Bytes per second that a body must make at least."""

NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)

Content = bytes | bytearray | memoryview

_SERVICE_HEADERS = ("x-ms-request-id", "x-ms-version", "x-ms-error-code")
"""Every answer of a storage service has one of them."""

_PIECE = 256 * 1024
_LARGE = 512 * 1024


class Limits(NamedTuple):
    """How long an attempt may take.

    Args:
        connect: seconds until the service accepts a connection.
        request: seconds to the last byte of the answer. Long bodies get the time that LEAST_RATE gives them on top;
            while one comes in, this is the longest silence.
    """

    connect: float = 3.0
    request: float = 10.0


class Reply(NamedTuple):
    """An answer that is no error; the case of its headers' names does not count."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Fault(NamedTuple):
    """What may pass: `certain` = surely without effect, `pause` = what the service asked for."""

    error: StorageError
    certain: bool
    pause: float | None


class ServiceClient:
    """Client of one service of one account.

    Args:
        session: shared by the services of the account.
        url: the service's base URL, empty if the connection does not name it.
        version: of the service's protocol.
        setting: name of the connection's setting, for messages.
        limits: on time.
        proxy: URL of an HTTP proxy to go through.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        authorization: Authorization,
        version: str,
        setting: str,
        limits: Limits,
        proxy: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.url = url
        self._session = session
        self._authorization = authorization
        self._setting = setting
        self._clock = clock
        parts = urlsplit(url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._base = parts.path
        self._fixed = {"x-ms-version": version, "accept": "application/xml", "user-agent": "funchost"}
        self._second = 0
        self._date = ""
        self._limits = limits
        self._proxy = proxy
        self._short = aiohttp.ClientTimeout(total=limits.request, sock_connect=limits.connect)

    async def call(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Content = b"",
        *,
        repeatable: bool = False,
        expected: int = 0,
        longest: int = LONG,
        done_codes: tuple[str, ...] = (),
    ) -> Reply:
        """Send one request and return the answer.

        Args:
            path: below the service's URL, encoded, with a slash in front.
            query, headers: names in lower case, values decoded.
            repeatable: doing it twice has the same effect as doing it once. Without it a request is repeated only
                after failures that surely had no effect.
            expected: bytes that the answer is expected to have; long ones get more time.
            longest: bytes that the answer's body may have; more are not read.
            done_codes: refusals that mean, after an attempt that got no answer, that this one had its effect.

        Raises:
            StorageError: the service refused.
            StorageUnavailableError: no answer in time, too long a one, or a fault of the service, also after repeating.
                The hint says when the request may have had its effect all the same.
        """
        if not self.url:
            raise _no_endpoint(self._setting)
        started = time.monotonic()
        attempt = 0
        unsure = False
        timeout = self._timeout(len(body), expected)
        while True:
            attempt += 1
            try:
                outcome = await self._attempt(method, path, query or {}, headers, body, timeout, longest)
            except StorageError as error:
                if unsure and error.code in done_codes:
                    return Reply(error.status, {}, b"")
                raise
            if isinstance(outcome, Reply):
                return outcome
            unsure = unsure or not outcome.certain
            elapsed = time.monotonic() - started
            delay = retry_delay(attempt, elapsed, certain=outcome.certain, repeatable=repeatable, pause=outcome.pause)
            if delay is None:
                outcome.error.hint = UNSURE if unsure and not repeatable else None
                raise outcome.error
            await asyncio.sleep(delay)

    async def _attempt(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        headers: Mapping[str, str] | None,
        body: Content,
        timeout: aiohttp.ClientTimeout,
        longest: int,
    ) -> Reply | _Fault:
        sent = {**self._fixed, **headers} if headers else self._fixed.copy()
        sent["x-ms-date"] = self._now()
        if body or method in ("PUT", "POST"):
            sent["content-length"] = str(len(body))
        full_path = self._base + path
        parameters = await self._authorization.authorize(method, full_path, query, sent)
        url = f"{self._origin}{full_path}?{parameters}" if parameters else f"{self._origin}{full_path}"
        try:
            async with self._session.request(
                method,
                URL(url, encoded=True),
                headers=sent,
                data=(body if len(body) < _LARGE else _pieces(body)) if body else None,
                timeout=timeout,
                proxy=self._proxy,
                allow_redirects=False,
            ) as response:
                status, answered, content = response.status, response.headers, await _body(response, longest)
        except (aiohttp.ClientError, OSError, UnicodeError) as error:  # the last: a host name that none can be
            return _Fault(unreachable(self.url, _reason(error)), isinstance(error, NEVER_SENT), None)
        if content is None:
            raise too_long(self.url, longest)
        if status not in FAULTS and not any(name in answered for name in _SERVICE_HEADERS):
            return _Fault(not_a_service(self.url, status), False, None)
        if status < 300:
            return Reply(status, answered, content)
        failure = refusal(status, answered, content, setting=self._setting, now=self._clock())
        if status not in FAULTS:
            raise failure
        return _Fault(failure, status in REFUSED_UNDONE, requested_pause(answered))

    def _now(self) -> str:
        second = int(self._clock())
        if second != self._second:
            self._second = second
            self._date = formatdate(second, usegmt=True)
        return self._date

    def _timeout(self, sent: int, expected: int) -> aiohttp.ClientTimeout:
        if max(sent, expected) < _LARGE:
            return self._short
        return aiohttp.ClientTimeout(
            total=self._limits.request + (sent + expected) / LEAST_RATE,
            sock_connect=self._limits.connect,
            sock_read=None if sent else self._limits.request,  # a service is silent while it takes a long body
        )


async def _body(response: aiohttp.ClientResponse, longest: int) -> bytes | None:
    """Return the body of an answer, None if it is longer than it may be."""
    announced = response.content_length
    if announced is not None and announced <= longest:
        return await response.read()
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_any():
        size += len(piece)
        if size > longest:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _no_endpoint(setting: str) -> StorageError:
    return StorageError(
        "EndpointMissing",
        f"The connection {setting} does not say where this service of the account is.",
        400,
        hint="Add AccountName, or the service's endpoint, to the connection string.",
    )


async def _pieces(body: Content) -> AsyncIterator[memoryview]:
    view = memoryview(body)
    for start in range(0, len(view), _PIECE):
        yield view[start : start + _PIECE]


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time."
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"{error.os_error.strerror or error.os_error}."
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the answer broke off."
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the connection was closed before an answer came."
    return f"{error or type(error).__name__}."
