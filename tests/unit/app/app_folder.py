"""A function app in a temporary folder, and what a worker would say of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from funchost.app.discovery import discover
from funchost.app.function_app import FunctionApp, Model
from funchost.app.host_json import HostConfig, load_host_config
from funchost.app.indexed import AppIndex, IndexedFunction, LoadError
from funchost.settings import load_settings

HTTP_TRIGGER: Mapping[str, object] = {"type": "httpTrigger", "direction": "in", "name": "req"}
HTTP_OUTPUT: Mapping[str, object] = {"type": "http", "direction": "out", "name": "$return"}
TIMER: Mapping[str, object] = {"type": "timerTrigger", "direction": "in", "name": "timer", "schedule": "0 * * * * *"}


class AppFolder:
    """Writes files below `root` and reads the app with the code under test."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, text: str = "") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def function(self, name: str, *bindings: Mapping[str, object], **properties: object) -> Path:
        """Writes a function folder with an `__init__.py`; without bindings it is triggered by HTTP."""
        content = properties | {"bindings": list(bindings or (HTTP_TRIGGER, HTTP_OUTPUT))}
        self.write(f"{name}/__init__.py")
        return self.write(f"{name}/function.json", json.dumps(content, indent=1))

    def host(self, environ: Mapping[str, str] | None = None) -> HostConfig:
        return load_host_config(self.root, environ or {})

    def discover(self, environ: Mapping[str, str] | None = None, index: AppIndex | None = None) -> FunctionApp:
        settings = load_settings(environ or {})
        found = index or AppIndex(Model.FUNCTION_JSON, (), None, "1.26.0", "3.11.7")
        return discover(self.root, self.host(environ), settings, found)

    def decorated(
        self, *functions: IndexedFunction, environ: Mapping[str, str] | None = None, error: LoadError | None = None
    ) -> FunctionApp:
        index = AppIndex(Model.DECORATORS, functions, error, "1.26.0", "3.11.7")
        return self.discover(environ, index)

    def indexed(
        self,
        name: str,
        *bindings: Mapping[str, object],
        retry: Mapping[str, object] | None = None,
        error: LoadError | None = None,
    ) -> IndexedFunction:
        """Returns what a worker reports of one decorated function, by default one triggered by HTTP."""
        raw = bindings or (
            {"direction": "OUT", "type": "http", "name": "$return"},
            {"direction": "IN", "type": "httpTrigger", "name": "req", "authLevel": "FUNCTION", "route": name},
        )
        script = str(self.root / "function_app.py")
        return IndexedFunction(name, str(self.root), script, raw, retry, error)
