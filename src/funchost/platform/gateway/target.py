"""What the gateway is told about a site, and what it tells: states, instances, demand."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from funchost.platform.placement.placement import Address


class RouteState(Enum):
    """What requests to a site meet."""

    SERVING = "serving"
    """An instance; while there is none, they wait."""
    STOPPED = "stopped"
    """403."""
    EMPTY = "empty"
    """A page at ``/`` that says that nothing has been deployed, 404 elsewhere."""


class Target(NamedTuple):
    """An instance that takes requests."""

    instance_id: str
    address: Address


class Demand(NamedTuple):
    """What a site is asked for, at this moment.

    Args:
        in_flight: requests that an instance works on.
        waiting: requests that wait because the site has no instance.
        last_request: when the latest came or was answered, by `time.monotonic`; None = there was none.
        per_instance: requests in flight by instance id.
        finished: requests answered by instances since the site is known.
    """

    in_flight: int = 0
    waiting: int = 0
    last_request: float | None = None
    per_instance: Mapping[str, int] = {}
    finished: int = 0
