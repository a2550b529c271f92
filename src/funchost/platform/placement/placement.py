"""Placement: starts and ends host instances somewhere. Nothing that uses it knows where.

A driver implements the protocol: local.py with processes of this machine. Drivers need not remember anything over a
restart of the server: instances end with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

from funchost.platform.site import FunctionInfo, Revision, SiteName


class InstanceState(Enum):
    """Life of a host instance."""

    STARTING = "starting"
    """It has no address, or has not loaded the app yet."""
    READY = "ready"
    """It takes requests. It stays ready while its app is in error after that: the gateway gets the error."""
    DRAINING = "draining"
    """It takes nothing new and ends when its work is done."""
    ENDED = "ended"


class Address(NamedTuple):
    """Where an instance takes HTTP requests."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of the app in an instance.

    Args:
        functions: that run.
        errors: why others do not, or why nothing does: texts with traceback, file and line.
    """

    functions: tuple[FunctionInfo, ...]
    errors: tuple[str, ...] = ()


class InstanceLoad(NamedTuple):
    """What an instance does, as it reports itself about once a second.

    Args:
        executing: invocations that run.
        memory: bytes in use by the instance and its workers.
    """

    executing: int = 0
    memory: int = 0


@dataclass(frozen=True, slots=True)
class Instance:
    """One host instance, as last known.

    Args:
        id: unique over all instances ever.
        revision: what it runs.
        state: see InstanceState.
        started: seconds since 1970.
        address: None while it has none.
        report: None until it has tried to load the app.
        load: what it does.
        ended: why it ended, e.g. ``exit status 1``, ``SIGKILL``, ``stopped``; None while it lives.
        asked_to_end: whether it ends because `drain` or `stop` said so.
    """

    id: str
    revision: Revision
    state: InstanceState
    started: float
    address: Address | None = None
    report: LoadReport | None = None
    load: InstanceLoad = InstanceLoad()
    ended: str | None = None
    asked_to_end: bool = False


class Placement(Protocol):
    """Where host instances run."""

    async def ensure(self, revision: Revision, count: int, *, listening: bool) -> Sequence[Instance]:
        """Start instances until `count` of this revision live that are not draining; never ends any.

        Returns at once with all living instances of the revision, old and new; they become ready later.

        Args:
            listening: whether new instances take messages, timers and blobs as soon as they are ready; if not, they
                answer HTTP only until `listen` is called.

        Raises:
            FuncHostError: an instance cannot be started at all: no such Python, no memory, disk full.
        """
        ...

    def list(self, site: SiteName | None = None) -> Sequence[Instance]:
        """Return the living instances, of one site or of all."""
        ...

    async def listen(self, instance: str) -> None:
        """Let an instance take messages, timers and blobs; idempotent. An instance that has ended is no error."""
        ...

    async def drain(self, instance: str, timeout: float) -> None:
        """Let an instance finish what it does, then end it; returns when it has ended.

        Its listeners stop at once, requests that still reach it are answered. After `timeout` seconds it is killed.
        """
        ...

    async def stop(self, instance: str) -> None:
        """End an instance at once; returns when it has ended."""
        ...

    def subscribe(self, on_change: Callable[[Instance], None]) -> None:
        """Have `on_change` called in the event loop after every change of an instance's state, address or report."""
        ...
