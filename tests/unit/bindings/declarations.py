"""Apps and functions for tests of bindings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from funchost.app.function_app import Binding, Direction, Function, FunctionApp, Model
from funchost.app.host_json import HostConfig
from funchost.app.invocation import Datum, HttpRequestData, Invocation

TRIGGER: Mapping[str, object] = {"name": "req", "type": "httpTrigger", "direction": "in"}
STORAGE = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}


def function(*entries: Mapping[str, object], name: str = "Fn") -> Function:
    """An HTTP function with further bindings."""
    bindings = tuple(
        Binding(
            str(entry["name"]),
            str(entry["type"]),
            Direction(entry.get("direction", "in")),
            properties=MappingProxyType({key.lower(): value for key, value in entry.items()}),
            raw=entry,
        )
        for entry in (TRIGGER, *entries)
    )
    return Function(name, Path("/a"), Path("/a/f.py"), None, bindings, Model.DECORATORS, Path("/a/f.py"))


def app(*functions: Function) -> FunctionApp:
    return FunctionApp(Path("/a"), HostConfig(), functions)


def invocation(of: Function, **params: str) -> Invocation:
    request = HttpRequestData("GET", "http://h/", {}, {}, params, b"")
    return Invocation("the-id", of, (("req", Datum("http", request)),))
