"""Tokens: what bindings with an identity-based connection prove themselves with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funchost.storage.credentials import Identity

if TYPE_CHECKING:
    from funchost.storage.remote.identity import IdentityTokens


class Tokens:
    """The tokens of one loaded version of an app; each identity is asked for when it is first needed."""

    def __init__(self) -> None:
        self._open: dict[tuple[Identity, str], IdentityTokens] = {}

    async def bearer(self, identity: Identity, setting: str, scope: str) -> str:
        """Return the value of an Authorization header.

        Args:
            setting: names the connection in messages.
            scope: what the token is for.

        Raises:
            SettingError: azure-identity is not installed.
            StorageError: no token is to be had.
        """
        from funchost.storage.remote.identity import open_tokens  # only apps with identities need it

        tokens = self._open.get((identity, scope))
        if tokens is None:
            tokens = self._open[identity, scope] = open_tokens(identity, setting, scope)
        return await tokens.bearer()

    async def close(self) -> None:
        """Give the credentials back; idempotent."""
        while self._open:
            _, tokens = self._open.popitem()
            await tokens.close()
