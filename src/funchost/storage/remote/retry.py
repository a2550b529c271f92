"""When a failed request to a storage service is sent again, and how long that waits. Pure."""

from __future__ import annotations

from collections.abc import Mapping

DELAYS = (0.05, 0.2)
"""Seconds before the second and the third attempt; callers with more patience have a back-off of their own."""

PATIENCE = 1.0
"""Seconds since the start of a call after which no further attempt begins, whatever pause a server asks for."""

REFUSED_UNDONE = frozenset({429, 503})
"""The service says that it did nothing and has too much to do."""

FAULTS = frozenset({408, 429, 500, 502, 503, 504})
"""Faults of the service, or of a proxy before it, that pass; all but REFUSED_UNDONE may come after the deed."""


def retry_delay(attempt: int, elapsed: float, *, certain: bool, repeatable: bool, pause: float | None) -> float | None:
    """Return the seconds to wait before a failed request is sent again, None = give up.

    Args:
        attempt: number of the attempt that failed, from 1.
        elapsed: seconds since the first attempt began.
        certain: the attempt surely had no effect.
        repeatable: doing it twice has the same effect as doing it once.
        pause: what the server asked for, seconds.
    """
    if not (certain or repeatable) or attempt > len(DELAYS):
        return None
    delay = max(DELAYS[attempt - 1], pause or 0.0)
    return None if elapsed + delay > PATIENCE else delay


def requested_pause(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a ``Retry-After`` header, None if there is none in seconds."""
    text = headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None
