"""Authorization: what a request carries to prove itself, for each kind of credential."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol
from urllib.parse import parse_qsl, quote, urlencode

from funchost.errors import StorageError
from funchost.storage.credentials import AccountKey, Credential, SharedAccessSignature
from funchost.storage.endpoints import Service
from funchost.storage.shared_key import authorization, shared_key_text, table_text


class Authorization(Protocol):
    """Completes requests."""

    async def authorize(self, method: str, path: str, query: dict[str, str], headers: dict[str, str]) -> str:
        """Add to `headers` what proves the request; returns the query string that goes into the URL.

        Args:
            path: encoded, as it goes over the wire.
            query: decoded; names in lower case, except OData's.
            headers: names in lower case.
        """
        ...


class KeyAuthorization:
    """Signs with the account's key (Shared Key)."""

    def __init__(self, credential: AccountKey, service: Service) -> None:
        self._account = credential.account
        self._key = credential.key
        self._text: Callable[..., str] = table_text if service == "table" else shared_key_text

    async def authorize(self, method: str, path: str, query: dict[str, str], headers: dict[str, str]) -> str:
        text = self._text(method, self._account, path, query, headers)
        headers["authorization"] = authorization(self._account, self._key, text)
        return query_string(query)


class SignatureAuthorization:
    """Appends the parameters of a shared access signature, each once and encoded as a query needs it."""

    def __init__(self, credential: SharedAccessSignature) -> None:
        # "+" stands for itself in tokens that were not encoded; a signature never holds a space
        pairs = parse_qsl(credential.token.replace("+", "%2B"), keep_blank_values=True)
        self._token = urlencode(pairs, quote_via=quote, safe="")

    async def authorize(self, method: str, path: str, query: dict[str, str], headers: dict[str, str]) -> str:
        return f"{query_string(query)}&{self._token}" if query else self._token


class TokenAuthorization:
    """Bears a token of Microsoft Entra ID, over HTTPS only."""

    def __init__(self, bearer: Callable[[], Awaitable[str]], url: str) -> None:
        self._bearer = bearer
        self._secure = url.startswith("https://")

    async def authorize(self, method: str, path: str, query: dict[str, str], headers: dict[str, str]) -> str:
        if not self._secure:
            raise StorageError(
                "InsecureEndpoint",
                "A token is sent over https only, and the service's URL begins with http.",
                400,
                hint="Use an https URL, or a connection string with a key.",
            )
        headers["authorization"] = await self._bearer()
        return query_string(query)


def authorization_for(
    credential: Credential, service: Service, url: str, bearer: Callable[[], Awaitable[str]] | None
) -> Authorization:
    """Return what authorizes requests to one service.

    Args:
        url: the service's base URL.
        bearer: gives the Authorization header of an Identity.
    """
    if isinstance(credential, AccountKey):
        return KeyAuthorization(credential, service)
    if isinstance(credential, SharedAccessSignature):
        return SignatureAuthorization(credential)
    if bearer is None:
        raise ValueError("an identity needs tokens")
    return TokenAuthorization(bearer, url)


def query_string(query: dict[str, str]) -> str:
    """Return parameters as a query string; nothing but unreserved characters stays as it is."""
    if not query:
        return ""
    return "&".join([f"{name}={quote(value, safe='')}" for name, value in query.items()])
