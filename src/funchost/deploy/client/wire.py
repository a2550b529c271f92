"""Wire: HTTP calls with a credential; failures become errors that say what to do."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp

import funchost
from funchost.deploy.client.credentials import Credential
from funchost.deploy.client.local_names import LocalNames, address_of_local_names, is_this_machine
from funchost.deploy.client.refusals import refusal
from funchost.deploy.client.trust import trust
from funchost.errors import ServerUnreachableError

READ_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10)
CHANGE_TIMEOUT = aiohttp.ClientTimeout(total=300, sock_connect=10)
"""A change may be answered only when new instances of the app have started."""
STREAM_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10)
TRIES = 3
RETRY_DELAY = 0.5
GOODBYE = 0.1
RETRIED = frozenset({429, 502, 503, 504})
"""Statuses that tell of a passing fault; only calls that may be repeated are."""

LONGEST_ANSWER = 64 * 1024 * 1024

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Answer:
    """What a server answered.

    Args:
        status: below 400, or one that the caller allows.
        headers: names compare case-insensitively.
        body: may hold secrets.
        url: what was called.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str

    def json(self) -> Any:
        """Return the body as JSON; None if it is empty.

        Raises:
            ServerUnreachableError: it is no JSON, so whatever answers is no such server.
        """
        if not self.body.strip():
            return None
        try:
            return json.loads(self.body)
        except ValueError:
            raise ServerUnreachableError(
                f"What answers at {origin(self.url)} is no server for function apps: its answer is no JSON.",
                hint="--management-url names the server.",
            ) from None

    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class Wire:
    """Calls with one credential over one connection pool.

    Args:
        session: see `open_session`.
        credential: goes with every call; secret.
        sleep: waits between two tries, seconds.
    """

    def __init__(self, session: aiohttp.ClientSession, credential: Credential, sleep: Sleep = asyncio.sleep) -> None:
        self._session = session
        self._credential = credential
        self.pause = sleep

    async def call(
        self, method: str, url: str, *, body: object = None, repeatable: bool = True, allowed: tuple[int, ...] = ()
    ) -> Answer:
        """Make a call; a passing fault is tried three times if the call may be repeated.

        Args:
            method: GET, PUT, ...
            url: absolute.
            body: sent as JSON, None = no body.
            repeatable: whether a second call does no harm when the first one was carried out unnoticed.
            allowed: statuses from 400 on that are no errors.

        Raises:
            RefusedError: the server refused.
            ServerUnreachableError: it cannot be reached, or the connection broke.
        """
        limit = READ_TIMEOUT if method == "GET" else CHANGE_TIMEOUT
        attempt = 1
        while True:
            last = attempt == TRIES or not repeatable
            try:
                async with self.request(method, url, json=body, timeout=limit) as response:
                    if last or response.status not in RETRIED:
                        return await _answer(response, url, allowed)
            except ServerUnreachableError as error:
                # Who has waited in vain once does not want to wait again.
                if last or isinstance(error.__cause__, TimeoutError):
                    raise
            await self.pause(RETRY_DELAY * attempt)
            attempt += 1

    @asynccontextmanager
    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open one request; whatever its status is, it is the caller's.

        Raises:
            ServerUnreachableError: as for `call`, also when the body breaks off inside the block.
        """
        sent = {
            "Authorization": self._credential.header(),
            "x-ms-request-id": str(uuid.uuid4()),
            "User-Agent": f"funchost/{funchost.__version__}",
            **(headers or {}),
        }
        try:
            async with self._session.request(method, url, headers=sent, allow_redirects=False, **options) as response:
                yield response
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise unreachable(url, error) from error


async def _answer(response: aiohttp.ClientResponse, url: str, allowed: tuple[int, ...]) -> Answer:
    body = await response.content.read(LONGEST_ANSWER)
    while not response.content.at_eof() and len(body) < LONGEST_ANSWER:
        body += await response.content.read(LONGEST_ANSWER - len(body))
    if response.status >= 300 and response.status not in allowed:
        raise refusal(response.status, body, url)
    return Answer(response.status, response.headers, body, url)


@asynccontextmanager
async def open_session(management_url: str | None, certificates: str | None) -> AsyncIterator[aiohttp.ClientSession]:
    """Open the connection pool for calls to one server.

    Proxies of the environment are used, but not for this machine.

    Args:
        management_url: where the server's management calls are, None = there are none.
        certificates: see `trust`.
    """
    address = address_of_local_names(management_url)
    host = urlsplit(management_url).hostname if management_url else None
    connector = aiohttp.TCPConnector(resolver=LocalNames(address), ssl=trust(certificates), limit=8)
    try:
        async with aiohttp.ClientSession(
            connector=connector,
            trust_env=not is_this_machine(host or address),
            cookie_jar=aiohttp.DummyCookieJar(),
        ) as session:
            yield session
    finally:
        if management_url is None or management_url.startswith("https:"):
            # TLS connections say goodbye after close() has returned (aiohttp's "graceful shutdown").
            await asyncio.sleep(GOODBYE)


def origin(url: str) -> str:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def unreachable(url: str, error: Exception) -> ServerUnreachableError:
    """Return what to tell of a connection that was not made or broke."""
    where = origin(url)
    if isinstance(error, aiohttp.ServerFingerprintMismatch):
        return ServerUnreachableError(
            f"{where} has another certificate than the one that is trusted.",
            hint="If the server's certificate was renewed, name the new one with --ca-file.",
        )
    if isinstance(error, (aiohttp.ClientConnectorCertificateError, ssl.SSLCertVerificationError)):
        return ServerUnreachableError(
            f"The certificate of {where} is not trusted: {_reason(error)}.",
            hint="Name the server's certificate, or the authority that signed it, with --ca-file.",
        )
    if isinstance(error, TimeoutError):
        return ServerUnreachableError(f"{where} did not answer in time.")
    if isinstance(error, aiohttp.ClientConnectorError):
        return ServerUnreachableError(
            f"{where} cannot be reached: {_reason(error)}.",
            hint="Is the server running? 'func server start' starts one; --management-url names another.",
        )
    return ServerUnreachableError(
        f"The connection to {where} broke: {_reason(error)}.",
        hint="Try again; the server may have ended, or be starting.",
    )


def _reason(error: Exception) -> str:
    inner = getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
    verified = getattr(inner, "verify_message", None)
    if verified:
        return str(verified)
    if isinstance(inner, OSError) and (inner.errno or 0) > 0 and not isinstance(inner, ssl.SSLError):
        return os.strerror(inner.errno or 0)
    if isinstance(inner, aiohttp.ClientPayloadError):
        return "it ended in the middle of an answer"
    text = getattr(inner, "strerror", None) or str(inner)
    return text.rstrip(".") or type(inner).__name__
