"""Discovery: from the files of an app, and what a worker found in its code, to a FunctionApp."""

from __future__ import annotations

from pathlib import Path

from funchost.app.function_app import FunctionApp
from funchost.app.host_json import HostConfig
from funchost.app.indexed import AppIndex
from funchost.settings import Settings


def discover(root: Path, host: HostConfig, settings: Settings, index: AppIndex) -> FunctionApp:
    """Return the app's functions and what is wrong with the others."""
    return FunctionApp(root=root, host=host, functions=(), model=index.model)
