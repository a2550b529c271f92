"""The Event Grid trigger, as the registry knows it."""

from __future__ import annotations

from funchost.triggers.event_grid import config, listener
from funchost.triggers.kind import TriggerKind

KIND = TriggerKind(check=config.check, manual=listener.manual, webhooks=listener.webhooks)
