"""Functions and messages for the tests of triggers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from funchost.app.function_app import Binding, Direction, Function, FunctionApp, Model
from funchost.app.host_json import HostConfig
from funchost.storage.queues import QueueMessage

ROOT = Path("/app")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def triggered(name: str, trigger: str, *, data_type: str | None = None, **properties: object) -> Function:
    """A function with one trigger called `item`; names of properties as an app writes them."""
    raw = {"name": "item", "type": trigger, **properties}
    lowered = {key.lower(): value for key, value in properties.items()}
    binding = Binding("item", trigger, Direction.IN, data_type, lowered, raw)
    return Function(name, ROOT, ROOT / "f.py", None, (binding,), Model.DECORATORS, ROOT / "f.py")


def app_with(*functions: Function, host: HostConfig | None = None) -> FunctionApp:
    return FunctionApp(ROOT, host or HostConfig(), functions)


def message(text: str = "hello", *, count: int = 1, id: str = "m1") -> QueueMessage:
    return QueueMessage(id, text, NOON, NOON + timedelta(days=7), count, f"receipt-{id}", NOON + timedelta(minutes=1))
