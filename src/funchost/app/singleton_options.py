"""Section `singleton` of host.json."""

from __future__ import annotations

from dataclasses import dataclass

from funchost.app import values
from funchost.app.config_tree import ConfigNode

DEFAULT_LEASE = 15.0
LEASE_RANGE = (15.0, 60.0)
SHORTEST_RETRY = 15.0


@dataclass(frozen=True)
class SingletonOptions:
    """How work that only one instance of the app does at a time is locked.

    Args:
        listener_lease: seconds that a lock is held without renewal, 15 to 60. A holder that was killed is replaced
            after that time and one retry.
        listener_retry: seconds between two attempts of the other instances; None = as the store allows.
    """

    listener_lease: float = DEFAULT_LEASE
    listener_retry: float | None = None


def read_singleton_options(node: ConfigNode) -> SingletonOptions:
    """Return the section's options.

    The section's other properties lock single calls, which no Python function can ask for; they are checked elsewhere.

    Raises:
        ConfigError or SettingError: a property is out of its range or of the wrong kind.
    """
    return SingletonOptions(
        listener_lease=node.at("listenerLockPeriod").read(values.span(*LEASE_RANGE), DEFAULT_LEASE),
        listener_retry=node.at("listenerLockRecoveryPollingInterval").read(values.span(SHORTEST_RETRY), None),
    )
