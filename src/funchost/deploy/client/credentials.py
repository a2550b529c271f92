"""Credentials: what a call proves its right with."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field

from funchost.errors import UsageError


@dataclass(frozen=True)
class Bearer:
    """An access token.

    Args:
        token: secret.
    """

    token: str = field(repr=False)

    def header(self) -> str:
        """Return the value of the header Authorization."""
        return f"Bearer {self.token}"


@dataclass(frozen=True)
class Basic:
    """A publishing user with its password.

    Args:
        user: e.g. ``$shop``.
        password: secret.
    """

    user: str
    password: str = field(repr=False)

    def header(self) -> str:
        """Return the value of the header Authorization (RFC 7617, UTF-8)."""
        pair = f"{self.user}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode('ascii')}"


Credential = Bearer | Basic


def read_token(text: str, source: str) -> Bearer:
    """Return the token in `text`: the token itself, or the JSON document that `az account get-access-token` prints.

    Args:
        text: what a user or a command gave.
        source: where it comes from, for messages: ``--access-token-stdin``.

    Raises:
        UsageError: there is no token in it.
    """
    stripped = text.strip()
    if stripped.startswith("{"):
        try:
            found = json.loads(stripped).get("accessToken")
        except ValueError:
            found = None
        if not isinstance(found, str) or not found:
            raise UsageError(f"{source}: the JSON document has no 'accessToken'.")
        stripped = found.strip()
    if not stripped:
        raise UsageError(f"{source}: there is no token.")
    if any(character.isspace() or not character.isprintable() for character in stripped) or not stripped.isascii():
        raise UsageError(f"{source}: this is no access token: it holds blanks or other characters that none has.")
    return Bearer(stripped)
