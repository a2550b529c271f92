"""How uv is called to install packages into a folder."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from funchost.deploy.dependencies.installation import Order
from funchost.deploy.dependencies.installer_process import Said, run_installer
from funchost.deploy.dependencies.pip_settings import installer_environment, uv_environment, without_index
from funchost.deploy.dependencies.requirements import Source
from funchost.deploy.dependencies.target_python import GLIBC, TargetPython, this_platform

NAME = "uv"


def find_uv(environment: Mapping[str, str]) -> Path | None:
    """Return uv's binary: the one that was installed with funchost, else the one on PATH; None if there is none."""
    try:
        from uv import find_uv_bin

        return Path(find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which(NAME, path=environment.get("PATH", ""))
        return Path(found) if found else None


class Uv:
    """uv as an installer.

    Args:
        binary: absolute path.
    """

    name = NAME

    def __init__(self, binary: Path) -> None:
        self._binary = binary

    def install(self, order: Order, built: Sequence[str], scratch: Path) -> Said:
        """Install what an order asks for into its target.

        Args:
            built: packages that are built from source although the order wants wheels only.
            scratch: an existing folder for files of the installation.
        """
        root = order.requirements.root
        environment = installer_environment(order.environment) | uv_environment(order.environment)
        source = order.requirements.path
        if order.requirements.source is Source.LOCK:
            source = scratch / "locked.txt"
            said = self.export(order, source)
            if said.code:
                return said
        command = [str(self._binary), "pip", "install", *self._options(order, built), "-r", str(source)]
        return run_installer(command, root, environment, order.on_line)

    def export(self, order: Order, target: Path) -> Said:
        """Write the exact versions of uv.lock, which must agree with pyproject.toml, as a requirements file."""
        python = ["--python", _interpreter(order.python)] if order.python.interpreter else []
        cache = ["--cache-dir", str(order.cache)] if order.cache else []
        options = ["--locked", "--no-dev", "--no-emit-project", "--no-editable", "--no-header", "--quiet"]
        command = [str(self._binary), "export", *options, "--format", "requirements-txt"]
        environment = installer_environment(order.environment) | uv_environment(order.environment)
        return run_installer(
            [*command, *python, *cache, "--output-file", str(target)],
            order.requirements.root,
            environment,
            order.on_line,
        )

    def _options(self, order: Order, built: Sequence[str]) -> list[str]:
        options = ["--python", _interpreter(order.python), "--target", str(order.target)]
        options += ["--no-editable", "--link-mode", "copy"]
        if order.python.interpreter is None:
            options += ["--python-version", order.python.short]
        if order.python.platform is not None and (order.wheels_only or not order.python.is_here):
            options += ["--python-platform", platform_name(order.python)]
        if order.wheels_only and not order.any_source:
            options += ["--only-binary", ":all:"]
        for package in built:
            options += ["--no-binary", package]
        if order.cache is not None:
            options += ["--cache-dir", str(order.cache)]
        if without_index(order.environment):
            options.append("--no-index")
        if order.requirements.hashed:
            options.append("--require-hashes")
        return options


def platform_name(python: TargetPython) -> str:
    """Return uv's name for the platform of a target."""
    platform = python.platform or this_platform()
    if platform.system == "linux":
        return f"{platform.machine}-manylinux_{GLIBC[0]}_{GLIBC[1]}"
    return f"{platform.machine}-apple-darwin"


def _interpreter(python: TargetPython) -> str:
    # uv wants a Python even for another one's packages; any will do.
    return str(python.interpreter or sys.executable)
