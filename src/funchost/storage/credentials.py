"""Credentials: the three ways in which a client of a storage account proves itself."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class AccountKey:
    """Every request is signed with the account's key.

    Args:
        key: decoded from its Base64 text.
    """

    account: str
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class SharedAccessSignature:
    """A signature that somebody else made is appended to every URL.

    Args:
        token: the query string, without ``?``, encoded as it was given.
    """

    token: str = field(repr=False)


@dataclass(frozen=True)
class Identity:
    """Requests bear a token of Microsoft Entra ID.

    Args:
        managed: only a managed identity will do, `client_id` or `resource_id` says which; else a client secret if
            there is one, else whatever the machine offers.
    """

    managed: bool = False
    client_id: str | None = None
    tenant_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    resource_id: str | None = None


Credential = AccountKey | SharedAccessSignature | Identity
