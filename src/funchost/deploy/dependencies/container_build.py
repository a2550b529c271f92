"""Installs packages with pip in a container of the target's Python, and brings them back."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from funchost.deploy.dependencies.causes import relevant
from funchost.deploy.dependencies.container_engine import Engine
from funchost.deploy.dependencies.installation import InstalledPackages, OnLine, Order
from funchost.deploy.dependencies.installer import installed, replacing
from funchost.deploy.dependencies.installer_process import Said, run_installer, without_credentials
from funchost.deploy.dependencies.pip import plain_lines
from funchost.deploy.dependencies.requirements import Requirements, Source
from funchost.deploy.dependencies.target_python import TargetPython, this_platform
from funchost.deploy.dependencies.uv import Uv, find_uv
from funchost.errors import BuildError

IMAGE = "docker.io/library/python:{}"
"""The official image: a Debian with compilers."""
PROJECT = "/project"
PACKAGES = "/packages"
REMOVAL_SECONDS = 30.0

_MACHINES = {"x86_64": "linux/amd64", "aarch64": "linux/arm64"}
_APT_NAME = re.compile(r"[a-z0-9][a-z0-9+.:=~-]*")
_HANDED_ON = re.compile(
    r"PIP_(?!CERT$|CACHE_DIR$|FIND_LINKS$|TARGET$|CONFIG_FILE$)[A-Z_]+|https?_proxy|no_proxy", re.IGNORECASE
)


def build_in_container(
    engine: Engine,
    requirements: Requirements,
    python: TargetPython,
    target: Path,
    *,
    environment: Mapping[str, str],
    on_line: OnLine,
    apt: Sequence[str] = (),
) -> InstalledPackages:
    """Install packages into `target` as a container of the target's Python installs them.

    Nothing is mounted: the engine may be on another machine.

    Args:
        apt: Debian packages to install before.

    Raises:
        BuildError: a step failed; ends with what it said.
    """
    for name in apt:
        if not _APT_NAME.fullmatch(name):
            raise BuildError(f"{name!r} is not the name of a Debian package.")
    with replacing(target) as (made, scratch):
        order = Order(
            requirements=requirements,
            python=python,
            target=made,
            wheels_only=False,
            cache=None,
            environment=environment,
            on_line=on_line,
        )
        project = scratch / "project"
        _stage(order, project, scratch)
        _Container(engine, order).build(project, apt)
    return InstalledPackages(installed(target), f"pip in {engine.name}")


def _stage(order: Order, project: Path, scratch: Path) -> None:
    """Copy what the requirements name into a folder that stands for the project."""
    requirements = order.requirements
    root = requirements.root
    project.mkdir()
    for path in (*requirements.files, *requirements.folders):
        if not path.is_relative_to(root):
            raise BuildError(f"{path} lies outside of the project, so a container cannot see it.")
        place = project / path.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, place, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*_NOT_COPIED))
        else:
            shutil.copyfile(path, place)
    lines = _locked(order, scratch) if requirements.source is Source.LOCK else plain_lines(requirements)
    text = "\n".join(line.replace(str(root), PROJECT) for line in lines)
    (project / _LIST).write_text(text + "\n", encoding="utf-8")


def _locked(order: Order, scratch: Path) -> list[str]:
    uv = find_uv(order.environment)
    if uv is None:
        raise BuildError("uv.lock can be read by uv only, which is not here.", hint="Install uv: 'pip install uv'.")
    target = scratch / "locked.txt"
    said = Uv(uv).export(order, target)
    if said.code:
        raise BuildError(f"uv.lock cannot be used. uv said:\n{relevant(said.lines)}")
    return target.read_text("utf-8").splitlines()


class _Container:
    def __init__(self, engine: Engine, order: Order) -> None:
        self._engine = engine
        self._order = order

    def build(self, project: Path, apt: Sequence[str]) -> None:
        image = IMAGE.format(self._order.python.short)
        platform = self._order.python.platform or this_platform()
        machine = ["--platform", _MACHINES.get(platform.machine, f"linux/{platform.machine}")]
        self._step("pull", *machine, image)
        with self._running(*machine, image) as container:
            self._step("cp", f"{project}/.", f"{container}:{PROJECT}")
            if apt:
                self._step("exec", container, "apt-get", "update")
                self._step("exec", container, "apt-get", "install", "--yes", "--no-install-recommends", *apt)
            hashes = ["--require-hashes"] if self._order.requirements.hashed else []
            install = ["python", "-m", "pip", "install", "--target", PACKAGES, "--no-compile", "--prefer-binary"]
            where = ["--workdir", PROJECT]
            for name in sorted(name for name in self._order.environment if _HANDED_ON.fullmatch(name)):
                where += ["--env", name]  # the value comes from the client's environment, not from its arguments
            self._step("exec", *where, container, *install, *hashes, "-r", _LIST)
            self._step("cp", f"{container}:{PACKAGES}/.", str(self._order.target))

    @contextlib.contextmanager
    def _running(self, *what: str) -> Iterator[str]:
        said = self._step("run", "--detach", "--rm", *what, "sleep", "infinity")
        container = said.lines[-1].strip() if said.lines else ""
        if not container:
            raise BuildError(f"{self._engine.name} started a container and did not say which.")
        try:
            self._step("exec", container, "mkdir", "-p", PROJECT, PACKAGES)
            yield container
        finally:
            self._remove(container)

    def _remove(self, container: str) -> None:
        command = [str(self._engine.client), "rm", "--force", container]
        try:
            subprocess.run(  # noqa: S603 - the engine that started it
                command,
                env=dict(self._order.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=REMOVAL_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            self._order.on_line(f"The container {container} may still run: {error}")

    def _step(self, *arguments: str) -> Said:
        shown = without_credentials(" ".join((self._engine.name, *arguments)))
        self._order.on_line(f"Running '{shown}'")
        command = [str(self._engine.client), *arguments]
        said = run_installer(command, self._order.requirements.root, self._order.environment, self._order.on_line)
        if said.code:
            raise BuildError(
                f"Packages for {self._order.python} could not be built in a container: '{shown}' ended with"
                f" {said.code}:\n{relevant(said.lines)}"
            )
        return said


_LIST = ".requirements.txt"
_NOT_COPIED = (".git", ".venv", "__pycache__", "local.settings.json", ".funchost")
