"""Availability: which storage services listeners cannot use just now, said once when it changes."""

from __future__ import annotations

import time
from collections.abc import Callable

from funchost.errors import StorageError
from funchost.logs import HostLog, LogLevel

_CATEGORY = "Host.Storage"
SAME_OUTAGE = 60.0
"""Seconds after which a failure is news again although nobody has said that the service is back."""


class Availability:
    """What all listeners of a host know of the storage services that they use.

    A service is away from the first failure on until everybody who reported one has succeeded again. When all of these
    have ended, nobody knows; what the next one reports soon after that is the same outage, or its end.

    Args:
        log: told of each change, once.
        clock: seconds that never jump.
    """

    def __init__(self, log: HostLog, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._away: dict[str, dict[str, str]] = {}
        self._unknown_since: dict[str, float] = {}

    @property
    def problems(self) -> tuple[str, ...]:
        """One sentence for each service that is away, for the status."""
        return tuple(_sentence(service, next(iter(users.values()))) for service, users in self._away.items() if users)

    def failed(self, service: str, user: str, error: StorageError) -> None:
        """Note that `user` (a listener's name) could not use the service at this URL."""
        users = self._away.setdefault(service, {})
        if not users and not self._was_away(service):
            self._log.write(LogLevel.ERROR, _CATEGORY, _sentence(service, _told(error)) + " It is tried again.")
        users.setdefault(user, _told(error))

    def succeeded(self, service: str, user: str) -> None:
        """Note that `user` could use the service; those who never failed need not say so."""
        users = self._away.get(service, {})
        if not users and not self._was_away(service):
            return
        users.pop(user, None)
        if not users:
            # Shown at every level at which the failure was: whoever read that waits for this.
            self._log.write(LogLevel.WARNING, _CATEGORY, f"The storage at {service} can be used again.")

    def forget(self, user: str) -> None:
        """Drop what a listener that has ended reported."""
        for service, users in self._away.items():
            if users.pop(user, None) is not None and not users:
                self._unknown_since[service] = self._clock()

    def _was_away(self, service: str) -> bool:
        """Return whether the service was away when the last one who knew ended, a moment ago; to be asked once."""
        since = self._unknown_since.pop(service, None)
        return since is not None and self._clock() - since < SAME_OUTAGE


def _sentence(service: str, error: str) -> str:
    return f"The storage at {service} cannot be used: {error}"


def _told(error: StorageError) -> str:
    text = str(error) if str(error).endswith(".") else f"{error}."
    return f"{text} {error.hint}" if error.hint else text
