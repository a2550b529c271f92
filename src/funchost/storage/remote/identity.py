"""Tokens of Microsoft Entra ID, by the package azure-identity, which is imported only here and only when needed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

from funchost.errors import SettingError, StorageError, StorageUnavailableError
from funchost.storage.credentials import Identity

SCOPE = "https://storage.azure.com/.default"

AHEAD = 300.0
"""Seconds before its end at which a token is replaced, while the old one is still used."""

AT_LEAST = 30.0
"""Seconds that a token must still be good for to be used at all."""


class TokenCredential(Protocol):
    """What azure-identity offers: `get_token` returns an object with `token` and `expires_on` (seconds since 1970)."""

    async def get_token(self, *scopes: str) -> Any: ...

    async def close(self) -> None: ...


class IdentityTokens:
    """Keeps one token, and replaces it ahead of its end.

    Args:
        credential: whose tokens they are.
        setting: names the connection in messages.
        clock: seconds since 1970.
        scope: what the tokens are for.
    """

    def __init__(
        self,
        credential: TokenCredential,
        setting: str,
        clock: Callable[[], float] = time.time,
        scope: str = SCOPE,
    ) -> None:
        self._credential = credential
        self._scope = scope
        self._setting = setting
        self._clock = clock
        self._header = ""
        self._expires = 0.0
        self._fetching: asyncio.Task[None] | None = None

    async def bearer(self) -> str:
        """Return the value of an Authorization header.

        Raises:
            StorageError: no token is to be had.
        """
        left = self._expires - self._clock()
        if left > AHEAD:
            return self._header
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch(), name="storage token")
            self._fetching.add_done_callback(_look_at)
        if left < AT_LEAST:
            await asyncio.shield(self._fetching)
        return self._header

    async def close(self) -> None:
        """Stop fetching and give the credential back."""
        if self._fetching is not None and not self._fetching.done():
            self._fetching.cancel()
            await asyncio.wait([self._fetching])
        await self._credential.close()

    async def _fetch(self) -> None:
        try:
            token = await self._credential.get_token(self._scope)
        except Exception as error:  # the package has many kinds, and passes on its transport's
            # ClientAuthenticationError, CredentialUnavailableError: trying again does not help by itself
            kind = type(error).__name__
            wrong = "Authentication" in kind or "Credential" in kind
            raised = StorageError if wrong else StorageUnavailableError
            raise raised(
                "AuthenticationFailed" if wrong else "TokenUnavailable",
                f"No token for the connection {self._setting}: {str(error).strip().partition(chr(10))[0]}",
                401 if wrong else 503,
                hint="Check the identity that the connection's settings describe, or sign in with `az login`.",
            ) from error
        self._header = f"Bearer {token.token}"
        self._expires = float(token.expires_on)


def open_tokens(identity: Identity, setting: str, scope: str = SCOPE) -> IdentityTokens:
    """Return the tokens of an identity.

    Args:
        scope: what they are for.

    Raises:
        SettingError: azure-identity is not installed.
    """
    return IdentityTokens(_credential(identity, _azure_identity(setting)), setting, scope=scope)


def _azure_identity(setting: str) -> ModuleType:
    try:
        import azure.identity.aio
    except ImportError as error:
        raise SettingError(
            setting,
            "an identity-based connection needs the package azure-identity, which is not installed.",
            hint='Install it with: pip install "funchost[identity]"',
        ) from error
    module: ModuleType = azure.identity.aio
    return module


def _credential(identity: Identity, package: ModuleType) -> TokenCredential:
    credential: TokenCredential
    if identity.managed:
        which = {"resource_id": identity.resource_id} if identity.resource_id else None
        credential = package.ManagedIdentityCredential(client_id=identity.client_id, identity_config=which)
    elif identity.client_secret:
        credential = package.ClientSecretCredential(identity.tenant_id, identity.client_id, identity.client_secret)
    else:
        chosen = {"managed_identity_client_id": identity.client_id} if identity.client_id else {}
        credential = package.DefaultAzureCredential(**chosen)
    return credential


def _look_at(task: asyncio.Task[None]) -> None:
    """Take note of a failure that nobody waits for: the next call with a token too old meets it again."""
    if not task.cancelled():
        task.exception()
