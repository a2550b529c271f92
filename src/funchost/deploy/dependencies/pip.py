"""How pip is called to install packages into a folder, where there is no uv."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from funchost.deploy.dependencies.installation import Order
from funchost.deploy.dependencies.installer_process import Said, run_installer
from funchost.deploy.dependencies.pip_settings import installer_environment
from funchost.deploy.dependencies.requirements import Requirements, Source
from funchost.deploy.dependencies.requirements_file import logical_lines, text_of
from funchost.deploy.dependencies.target_python import GLIBC, TargetPython, this_platform
from funchost.errors import BuildError

NAME = "pip"
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s*=\s*|\s*)")
_INCLUDE = re.compile(r"(?P<option>-r|--requirement|-c|--constraint)(?:\s*=\s*|\s*)(?P<path>\S.*)")
_OLD_LINUX = ("manylinux1", "manylinux2010", "manylinux2014")
_FIRST_MINOR = 17


class Pip:
    """pip as an installer: that of the target's Python, else that of our own for another one's wheels."""

    name = NAME

    def install(self, order: Order, built: Sequence[str], scratch: Path) -> Said:
        """Install what an order asks for into its target.

        Args:
            built: packages that are built from source although the order wants wheels only.
            scratch: an existing folder for files of the installation.

        Raises:
            BuildError: the packages are listed in a way that pip cannot read.
        """
        source = scratch / "requirements.txt"
        source.write_text("\n".join(plain_lines(order.requirements)) + "\n", encoding="utf-8")
        python = order.python.interpreter or Path(sys.executable)
        command = [str(python), "-m", "pip", "install", *self._options(order, built), "-r", str(source)]
        environment = installer_environment(order.environment)
        return run_installer(command, order.requirements.root, environment, order.on_line)

    def _options(self, order: Order, built: Sequence[str]) -> list[str]:
        options = ["--target", str(order.target), "--no-compile", "--prefer-binary", "--no-warn-script-location"]
        if not order.python.is_here:
            options += foreign(order.python)
        if order.wheels_only or not order.python.is_here:
            options.append("--only-binary=:all:")
        options += [f"--no-binary={package}" for package in built]
        if order.cache is not None:
            options += ["--cache-dir", str(order.cache)]
        if order.requirements.hashed:
            options.append("--require-hashes")
        return options


def foreign(python: TargetPython) -> list[str]:
    """Return pip's options for the wheels of a Python or platform that is not this one's."""
    digits = python.short.replace(".", "")
    abi = f"cp{digits}m" if python.version < (3, 8) else f"cp{digits}"
    options = [
        "--python-version",
        python.short,
        "--implementation",
        "cp",
        "--abi",
        abi,
        "--abi",
        "abi3",
        "--abi",
        "none",
    ]
    platform = python.platform or this_platform()
    if platform.system != "linux":
        machine = "arm64" if platform.machine == "aarch64" else platform.machine
        return [*options, "--platform", f"macosx_11_0_{machine}", "--platform", "macosx_11_0_universal2"]
    newer = [f"manylinux_{GLIBC[0]}_{minor}" for minor in range(GLIBC[1], _FIRST_MINOR - 1, -1)]
    for name in (*newer, *reversed(_OLD_LINUX)):
        options += ["--platform", f"{name}_{platform.machine}"]
    return options


def plain_lines(requirements: Requirements) -> list[str]:
    """Return what a project asks for as lines of one requirements file.

    Files that it includes are inlined and editable projects are named as plain ones: pip would leave a link to them
    in the target, which leads nowhere on another machine.

    Raises:
        BuildError: the packages are listed in a way that only uv can read.
    """
    if requirements.source is Source.PROJECT and requirements.listed:
        return list(requirements.listed)
    if requirements.source is not Source.REQUIREMENTS:
        raise BuildError(
            f"The packages of {requirements.files[-1].name} can be read by uv only, which is not here.",
            hint="Install uv: 'pip install uv'.",
        )
    return _plain(requirements.path.resolve(), set())


def _plain(path: Path, seen: set[Path]) -> list[str]:
    if path in seen:
        return []
    seen.add(path)
    lines = []
    for _, text in logical_lines(text_of(path)):
        include = _INCLUDE.fullmatch(text)
        if include is None or "://" in include["path"]:
            lines.append(_EDITABLE.sub("", text, count=1) if text.startswith(("-e", "--editable")) else text)
            continue
        named = (path.parent / include["path"].strip("'\"")).resolve()
        lines += [f"-c {named}"] if include["option"] in ("-c", "--constraint") else _plain(named, seen)
    return lines
