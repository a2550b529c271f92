"""Writes small function apps for tests that are about the tool, not about the app."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

FUNC = Path(sys.executable).with_name("func")
TIMEOUT = 60.0

STAMP = r"\[\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z\] "


def write_function(root: Path, name: str, code: str, /, **trigger: object) -> None:
    """Write a function of the function.json model; `trigger` replaces or adds properties of its HTTP trigger."""
    folder = root / name
    folder.mkdir(parents=True)
    binding = {"type": "httpTrigger", "authLevel": "function", "direction": "in", "name": "req", **trigger}
    bindings = [binding]
    if binding["type"] == "httpTrigger":
        bindings.append({"type": "http", "direction": "out", "name": "$return"})
    (folder / "function.json").write_text(json.dumps({"scriptFile": "__init__.py", "bindings": bindings}))
    (folder / "__init__.py").write_text(code, encoding="utf-8")


def write_settings(root: Path, values: Mapping[str, str], **host: object) -> None:
    """Write local.settings.json with `values` and section Host."""
    (root / "local.settings.json").write_text(json.dumps({"IsEncrypted": False, "Values": values, "Host": host}))


def hello_app(root: Path, *names: str) -> Path:
    """Write an app whose functions answer with their name; return its folder."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "host.json").write_text('{"version": "2.0"}')
    for name in names or ("Hello",):
        write_function(root, name, f"def main(req):\n    return {f'hello from {name}'!r}\n")
    return root


def func(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the installed command to its end."""
    return subprocess.run(
        [FUNC, *arguments],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def function_names(lines: Sequence[str]) -> list[str]:
    """Return the names in the Functions list of a console."""
    start = lines.index("Functions:")
    return [line.split(":")[0].strip() for line in lines[start + 1 :] if line.startswith("\t")]
