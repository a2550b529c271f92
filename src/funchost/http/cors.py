"""CORS: the host answers browsers for the listed origins.

A preflight from a listed origin is answered by the host, before routing. Everything else reaches the function: with
an origin that is not listed, or without a list, a function that handles OPTIONS itself does so.
"""

from __future__ import annotations

from funchost.errors import SettingError
from funchost.http.asgi import RawHeaders
from funchost.http.reply import Reply

_ORIGIN = b"access-control-allow-origin"
_PREFIX = b"access-control-"
_PREFLIGHT_AGE = b"600"


class Cors:
    """The allowed list.

    Args:
        origins: as browsers send them, e.g. ``https://contoso.com``; ``*`` allows all.
        credentials: whether browsers may send cookies and authorisation.

    Raises:
        SettingError: all origins together with credentials, which would let any web site act as the user.
    """

    def __init__(self, origins: tuple[str, ...], credentials: bool) -> None:
        self._any = "*" in origins
        if self._any and credentials:
            raise SettingError(
                "CORS",
                "'*' cannot be combined with credentials: any web site could act in the user's name.",
                hint="List the origins that may send credentials, or leave out --cors-credentials.",
            )
        self._origins = frozenset(origin.strip().rstrip("/").lower().encode("latin-1", "replace") for origin in origins)
        self._credentials = credentials

    def preflight(self, method: str, headers: RawHeaders) -> Reply | None:
        """Return the answer to a preflight from an allowed origin, None if this request is none."""
        if method != "OPTIONS":
            return None
        origin = wanted_method = wanted_headers = None
        for name, value in headers:
            if name == b"origin":
                origin = value
            elif name == b"access-control-request-method":
                wanted_method = value
            elif name == b"access-control-request-headers":
                wanted_headers = value
        if origin is None or wanted_method is None or not self._allows(origin):
            return None
        answer = self._grant(origin)
        answer.append((b"access-control-allow-methods", wanted_method))
        if wanted_headers is not None:
            answer.append((b"access-control-allow-headers", wanted_headers))
        answer.append((b"access-control-max-age", _PREFLIGHT_AGE))
        return Reply(204, answer)

    def mark(self, request: RawHeaders, reply: RawHeaders) -> None:
        """Add what the browser needs to an answer, unless the function has set an Access-Control header itself."""
        if any(name.startswith(_PREFIX) for name, _ in reply):
            return
        origin = next((value for name, value in request if name == b"origin"), None)
        if origin is not None and self._allows(origin):
            reply += self._grant(origin)
        elif not self._any:
            reply.append((b"vary", b"Origin"))  # a cache must not give this answer to an allowed origin

    def _allows(self, origin: bytes) -> bool:
        return self._any or origin.lower() in self._origins

    def _grant(self, origin: bytes) -> RawHeaders:
        if self._any:
            return [(_ORIGIN, b"*")]
        grant = [(_ORIGIN, origin), (b"vary", b"Origin")]
        if self._credentials:
            grant.append((b"access-control-allow-credentials", b"true"))
        return grant
