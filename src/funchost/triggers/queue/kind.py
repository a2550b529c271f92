"""The queue trigger, as the registry knows it."""

from __future__ import annotations

from funchost.triggers.kind import TriggerKind
from funchost.triggers.queue import config, listener

KIND = TriggerKind(check=config.check, listeners=listener.listeners, manual=listener.manual, names_storage=True)
