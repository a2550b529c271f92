"""Ids of deployments, which are those of the versions that they build too."""

from __future__ import annotations

import secrets


def new_id(now: float) -> str:
    """Return an id that nothing else has; later ones sort behind it.

    Args:
        now: seconds since 1970.
    """
    return f"{int(now * 1000):012x}{secrets.token_hex(6)}"
