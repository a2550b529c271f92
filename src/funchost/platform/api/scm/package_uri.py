"""Packages that the server fetches itself, from hosts that its operator has named: anything else could be made to
ask the operator's own network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from funchost.errors import RefusedError
from funchost.platform.api.scm.upload import save, too_large

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

FETCH_SECONDS = 600.0
CONNECT_SECONDS = 15.0
MAX_REDIRECTS = 5
_CHUNK = 256 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def check_uri(uri: str, hosts: Collection[str]) -> None:
    """Check that the server may fetch from a URI.

    Args:
        uri: as the client gave it.
        hosts: ``name`` or ``name:port``, lower-case.

    Raises:
        RefusedError: 400 or 403.
    """
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        raise RefusedError("BadRequest", "The packageUri is no URL.", 400) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise RefusedError("BadRequest", "A packageUri is an http or https URL without a user name.", 400)
    allowed = {parts.hostname} if port is None else {parts.hostname, f"{parts.hostname}:{port}"}
    if not allowed & set(hosts):
        raise RefusedError(
            "Forbidden",
            f"This server does not fetch packages from {parts.hostname[:200]}.",
            403,
            hint="Upload the package instead, or start the server with --package-host to allow that host.",
        )


async def fetch(uri: str, hosts: Collection[str], folder: Path, limit: int) -> Path:
    """Fetch a package into a new file and return its path; redirects are followed to allowed hosts alone.

    Raises:
        RefusedError: it is not allowed, too large, or cannot be had; the text never holds the URI's query.
    """
    check_uri(uri, hosts)
    import aiohttp  # only this pays for it

    timeout = aiohttp.ClientTimeout(total=FETCH_SECONDS, sock_connect=CONNECT_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout, trust_env=False, auto_decompress=False) as session:
            for _ in range(MAX_REDIRECTS):
                check_uri(uri, hosts)
                moved = await _one_step(session, uri, folder, limit)
                if isinstance(moved, Path):
                    return moved
                uri = moved
    except (aiohttp.ClientError, TimeoutError) as error:
        host = urlsplit(uri).hostname
        raise RefusedError(
            "BadRequest", f"The package cannot be fetched from {host}: {type(error).__name__}.", 400
        ) from None
    raise RefusedError("BadRequest", f"The packageUri redirects more than {MAX_REDIRECTS} times.", 400)


async def _one_step(session: ClientSession, uri: str, folder: Path, limit: int) -> Path | str:
    async with session.get(uri, allow_redirects=False) as answer:
        if answer.status in _REDIRECTS:
            return urljoin(uri, answer.headers.get("Location", ""))
        if answer.status != 200:
            raise RefusedError("BadRequest", f"{answer.url.host} answers {answer.status} for the package.", 400)
        if (answer.content_length or 0) > limit:
            raise too_large(limit)
        return await save(_chunks(answer), folder, limit)


async def _chunks(answer: ClientResponse) -> AsyncIterator[bytes]:
    async for chunk in answer.content.iter_chunked(_CHUNK):
        yield chunk
