"""The official JavaScript clients: installed from the npm registry once, run by Node.js."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

PACKAGES = {"@azure/storage-blob": "12.32.0", "@azure/storage-queue": "12.30.0", "@azure/data-tables": "13.3.2"}
HOME = Path(__file__).resolve().parents[5] / ".venvs" / f"javascript-{'-'.join(PACKAGES.values())}"
SCRIPTS = Path(__file__).resolve().parent
INSTALL_SECONDS = 300.0
RUN_SECONDS = 60.0


def require_node() -> None:
    """Skip where Node.js is missing, but fail in continuous integration (CI=true)."""
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    if missing:
        reason = f"the JavaScript clients need {' and '.join(missing)}, not found on PATH"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason)
        pytest.skip(reason)


def run_script(name: str, connection_string: str, *arguments: str) -> Any:
    """Run one of the scripts beside this file; return the JSON that it prints."""
    require_node()
    home = _installed()
    done = subprocess.run(
        ["node", "--input-type=module", "-", *arguments],
        input=(SCRIPTS / name).read_text(encoding="utf-8"),
        cwd=home,
        env={**os.environ, "CONNECTION": connection_string, "NODE_NO_WARNINGS": "1"},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _installed() -> Path:
    marker = HOME / ".complete"
    HOME.parent.mkdir(exist_ok=True)
    with HOME.with_name(HOME.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not marker.is_file():
            shutil.rmtree(HOME, ignore_errors=True)
            HOME.mkdir()
            (HOME / "package.json").write_text('{"private": true}\n')
            subprocess.run(
                ["npm", "install", "--no-audit", "--no-fund", "--silent"]
                + [f"{name}@{version}" for name, version in PACKAGES.items()],
                cwd=HOME,
                stdin=subprocess.DEVNULL,
                check=True,
                timeout=INSTALL_SECONDS,
            )
            marker.write_text("complete\n")
    return HOME
