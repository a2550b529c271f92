"""The Event Grid trigger's binding. Pure."""

from __future__ import annotations

from funchost.app.function_app import Function
from funchost.app.host_json import HostConfig
from funchost.settings import Settings


def takes_batches(function: Function) -> bool:
    """Return whether the function is called once with all events of a delivery."""
    return function.trigger.properties.get("cardinality") == "many"


def check(function: Function, host: HostConfig, settings: Settings) -> None:
    """Return: an Event Grid trigger names nothing that could be missing."""
