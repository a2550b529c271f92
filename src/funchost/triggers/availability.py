"""Availability: which storage services listeners cannot use just now, said once when it changes."""

from __future__ import annotations

from funchost.errors import StorageError
from funchost.logs import HostLog, LogLevel

_CATEGORY = "Host.Storage"


class Availability:
    """What all listeners of a host know of the storage services that they use.

    A service is away from the first failure on until everybody who reported one has succeeded again.

    Args:
        log: told of each change, once.
    """

    def __init__(self, log: HostLog) -> None:
        self._log = log
        self._away: dict[str, dict[str, str]] = {}

    @property
    def problems(self) -> tuple[str, ...]:
        """One sentence for each service that is away, for the status."""
        return tuple(_sentence(service, next(iter(users.values()))) for service, users in self._away.items() if users)

    def failed(self, service: str, user: str, error: StorageError) -> None:
        """Note that `user` (a listener's name) could not use the service at this URL."""
        users = self._away.setdefault(service, {})
        if not users:
            self._log.write(
                LogLevel.ERROR, _CATEGORY, _sentence(service, str(error)) + " It is tried again until it answers."
            )
        users.setdefault(user, str(error))

    def succeeded(self, service: str, user: str) -> None:
        """Note that `user` could use the service; those who never failed need not say so."""
        users = self._away.get(service)
        if not users:
            return
        users.pop(user, None)
        if not users:
            # Shown at every level at which the failure was: whoever read that waits for this.
            self._log.write(LogLevel.WARNING, _CATEGORY, f"The storage at {service} can be used again.")

    def forget(self, user: str) -> None:
        """Drop what a listener that has ended reported."""
        for users in self._away.values():
            users.pop(user, None)


def _sentence(service: str, error: str) -> str:
    return f"The storage at {service} cannot be used: {error}" + ("" if error.endswith(".") else ".")
