"""When an instance that ended by itself is replaced: at once, and ever later while its successors end too. Pure."""

from __future__ import annotations

from typing import NamedTuple

STABLE_SECONDS = 60.0
"""An instance that lived so long has not failed to start; its end begins a new count."""

LONGEST = 60.0


class Restarts(NamedTuple):
    """How often instances of a site ended early, one after the other.

    Args:
        failures: in a row.
        not_before: when the next one may start, seconds, monotonic.
    """

    failures: int = 0
    not_before: float = 0.0

    def after_end(self, now: float, lived: float) -> Restarts:
        """Return what holds after an instance ended that nobody had asked to.

        Args:
            lived: seconds that it ran.
        """
        failures = 1 if lived >= STABLE_SECONDS else self.failures + 1
        delay = 0.0 if failures == 1 else min(2.0 ** min(failures - 2, 10), LONGEST)
        return Restarts(failures, now + delay)

    def wait(self, now: float) -> float:
        """Return seconds until the next instance may start, 0 = at once."""
        return max(self.not_before - now, 0.0)
