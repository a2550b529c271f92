"""Workload: what a revision's functions listen to, as far as scaling has to know it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from funchost.app.setting_references import resolve
from funchost.errors import SettingError
from funchost.platform.site import FunctionInfo
from funchost.settings import SettingNames
from funchost.storage.connections import Connection, resolve_connection

_SCANNED = "logsandcontainerscan"


class WatchedQueue(NamedTuple):
    """A queue that a function listens to, and the account that it is in."""

    connection: Connection
    queue: str


class Workload(NamedTuple):
    """What the functions listen to.

    Args:
        queues: each once.
        resident: whether a function needs an instance that is always there: a timer, or blobs that are scanned for.
    """

    queues: tuple[WatchedQueue, ...] = ()
    resident: bool = False


def workload(functions: Sequence[FunctionInfo], settings: Mapping[str, str]) -> Workload:
    """Return what functions listen to; a queue whose name or connection cannot be resolved is left out.

    The host has said what is wrong with it, and the function does not run.

    Args:
        functions: of the version; empty = not known, then an instance has to find out.
        settings: of the revision.
    """
    names = SettingNames(settings)
    queues: dict[WatchedQueue, None] = {}
    resident = not functions
    for function in functions:
        if function.disabled:
            continue
        kind = function.trigger.lower()
        trigger = next((b for b in function.bindings if str(b.get("type", "")).lower() == kind), {})
        if kind == "timertrigger" or (kind == "blobtrigger" and _property(trigger, "source", _SCANNED) == _SCANNED):
            resident = True
        elif kind == "queuetrigger" and (watched := _watched(trigger, names)) is not None:
            queues[watched] = None
    return Workload(tuple(queues), resident)


def _watched(trigger: Mapping[str, object], names: SettingNames) -> WatchedQueue | None:
    try:
        queue = resolve(_property(trigger, "queuename", ""), names.get)
        connection = resolve_connection(names, resolve(_property(trigger, "connection", ""), names.get) or None)
    except (ValueError, SettingError):
        return None
    return WatchedQueue(connection, queue.lower()) if queue else None


def _property(binding: Mapping[str, object], name: str, default: str) -> str:
    """Return a property as it is written; the values of `source` compare in lower case."""
    value = next((value for key, value in binding.items() if key.lower() == name), None)
    text = value if isinstance(value, str) else default
    return text.lower() if name == "source" else text
