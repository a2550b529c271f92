"""Whether a caller may run a function: the key presented against the function's level."""

from __future__ import annotations

from urllib.parse import unquote_plus

from funchost.http.asgi import Scope
from funchost.http.endpoint import AuthLevel, Endpoint
from funchost.http.keys import KeyStore

KEY_HEADER = b"x-functions-key"


def presented_key(scope: Scope) -> str | None:
    """Return the key of a request: the header's, even when it is wrong, else the query's ``code``."""
    for name, value in scope["headers"]:
        if name == KEY_HEADER:
            return str(value, "latin-1")
    query: bytes = scope["query_string"]
    if b"code" not in query.lower():
        return None
    for item in query.decode("latin-1").split("&"):
        key, _, value = item.partition("=")
        if key.lower() == "code" and value:
            return unquote_plus(value)
    return None


async def proven_level(scope: Scope, endpoint: Endpoint, keys: KeyStore) -> AuthLevel:
    """Return what the caller's key proves for this function; ANONYMOUS without a key or with a wrong one."""
    key = presented_key(scope)
    if key is not None:
        return await keys.level_of(key, endpoint.name)
    if endpoint.level is not AuthLevel.ANONYMOUS:
        await keys.host_keys()  # whoever is asked for a key must be able to find one in the key files
    return AuthLevel.ANONYMOUS


def may_call(proven: AuthLevel, wanted: AuthLevel) -> bool:
    """Return whether a level is enough; only ADMIN stands for all others."""
    return wanted is AuthLevel.ANONYMOUS or proven is AuthLevel.ADMIN or proven is wanted
