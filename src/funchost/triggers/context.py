"""TriggerContext: what listeners get from the host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from funchost.app.function_app import FunctionApp
from funchost.logs import HostLog
from funchost.settings import Settings
from funchost.storage.account import StorageAccount
from funchost.triggers.availability import Availability
from funchost.triggers.gate import Gate
from funchost.triggers.listener import Invoker
from funchost.triggers.singleton import Locks


@dataclass(frozen=True)
class TriggerContext:
    """One loaded version of an app, seen from its listeners.

    Args:
        app: what was found; functions in `app.errors` and disabled ones have no listener.
        invoker: executes on this version's workers.
        log: the console.
        host_id: the same for all instances of the app; part of the names of locks, receipts and schedules.
        instance_id: of this host process.
        storage: the host's own account (``AzureWebJobsStorage``), None if the app has none.
        accounts: account of each function's trigger connection, by function name; only triggers that name storage.
        availability: told of stores that are away.
        gate: closed while no worker takes calls; then listeners take no events.
        locks: of this host process; for what only one instance of the app does at a time.
        settings: the app settings.
    """

    app: FunctionApp
    invoker: Invoker
    log: HostLog
    host_id: str
    instance_id: str
    storage: StorageAccount | None
    accounts: Mapping[str, StorageAccount]
    availability: Availability
    gate: Gate
    locks: Locks
    settings: Settings
