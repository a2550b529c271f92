"""PublishingCredentials: what a client uploads packages to one site with."""

from __future__ import annotations

import secrets
from hmac import compare_digest
from typing import NamedTuple

from funchost.platform.site import SiteName


class PublishingCredentials(NamedTuple):
    """User and password of one site.

    Args:
        user: ``$shop``, of a slot ``$shop__staging``.
        password: secret.
    """

    user: str
    password: str

    def __repr__(self) -> str:
        return f"PublishingCredentials(user={self.user!r})"

    def match(self, user: str, password: str) -> bool:
        """Return whether these are the credentials; takes the same time in any case."""
        same_user = compare_digest(user.lower().encode("utf-8", "replace"), self.user.lower().encode())
        same_password = compare_digest(password.encode("utf-8", "replace"), self.password.encode())
        return same_user & same_password


def publishing_user(name: SiteName) -> str:
    return f"${name.app}" if name.slot is None else f"${name.app}__{name.slot}"


def new_password() -> str:
    """Return 60 letters and digits, as long as the existing platform's."""
    text = ""
    while len(text) < 60:
        text += secrets.token_urlsafe(60).replace("-", "").replace("_", "")
    return text[:60]
