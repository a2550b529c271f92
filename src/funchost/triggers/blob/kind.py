"""The blob trigger, as the registry knows it."""

from __future__ import annotations

from funchost.triggers.blob import config, listener
from funchost.triggers.kind import TriggerKind

KIND = TriggerKind(
    check=config.check,
    listeners=listener.listeners,
    manual=listener.manual,
    webhooks=listener.webhooks,
    names_storage=True,
)
