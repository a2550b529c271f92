"""Workload: what a revision's functions listen to, as far as scaling has to know it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from funchost.app.blob_options import BlobOptions
from funchost.app.queue_options import QueueOptions
from funchost.app.setting_references import resolve
from funchost.errors import SettingError
from funchost.platform.site import FunctionInfo
from funchost.settings import SettingNames
from funchost.storage.connections import Connection, resolve_connection

_SCANNED = "logsandcontainerscan"


class WatchedQueue(NamedTuple):
    """A queue that a function listens to.

    Args:
        connection: the account that it is in.
        queue: its name.
        target: executions that one instance takes on at a time, unless host.json says otherwise.
    """

    connection: Connection
    queue: str
    target: int


class Workload(NamedTuple):
    """What the functions listen to.

    Args:
        queues: each once.
        resident: whether a function needs an instance that is always there: a timer, or blobs that are scanned for.
    """

    queues: tuple[WatchedQueue, ...] = ()
    resident: bool = False


def workload(functions: Sequence[FunctionInfo], settings: Mapping[str, str], blob_queue: str) -> Workload:
    """Return what functions listen to; a queue whose name or connection cannot be resolved is left out.

    The host has said what is wrong with it, and the function does not run.

    Args:
        functions: of the version; empty = not known, then an instance has to find out.
        settings: of the revision.
        blob_queue: from which instances take the blobs that were found, in the app's own account.
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
        watched = None
        if kind == "queuetrigger":
            watched = _watched(_property(trigger, "queuename", ""), _property(trigger, "connection", ""), names)
        elif kind == "blobtrigger":
            watched = _watched(blob_queue, "", names, BlobOptions().max_parallel)
        if watched is not None:
            queues[watched] = None
    return Workload(tuple(queues), resident)


def _watched(name: str, connection: str, names: SettingNames, target: int | None = None) -> WatchedQueue | None:
    """Return a queue by its properties as they are written, None if they cannot be resolved."""
    if target is None:
        options = QueueOptions()
        target = options.batch_size + options.new_batch_threshold
    try:
        queue = resolve(name, names.get)
        found = resolve_connection(names, resolve(connection, names.get) or None)
    except (ValueError, SettingError):
        return None
    return WatchedQueue(found, queue.lower(), target) if queue else None


def _property(binding: Mapping[str, object], name: str, default: str) -> str:
    """Return a property as it is written; the values of `source` compare in lower case."""
    value = next((value for key, value in binding.items() if key.lower() == name), None)
    text = value if isinstance(value, str) else default
    return text.lower() if name == "source" else text
