"""How long the host waits before it tries again to load an app that failed to load. Pure."""

from __future__ import annotations

SHORTEST = 1.0
LONGEST = 120.0


def load_delay(failures: int) -> float:
    """Return seconds to wait after `failures` failed loads in a row: (2^n - 1) / 2, between 1 s and 2 min.

    The existing host's rule, see docs/compatibility.md.
    """
    return min(max((2.0 ** min(failures, 10) - 1) / 2, SHORTEST), LONGEST)
