"""Builds packages that have no wheel: in a container if an engine answers, else here when here is like the target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from funchost.deploy.dependencies.container_build import build_in_container
from funchost.deploy.dependencies.container_engine import find_engine
from funchost.deploy.dependencies.installation import InstalledPackages, OnLine
from funchost.deploy.dependencies.installer import install
from funchost.deploy.dependencies.requirements import Requirements
from funchost.deploy.dependencies.target_python import TargetPython, this_platform
from funchost.errors import NativeDependenciesError


def install_native(
    requirements: Requirements,
    python: TargetPython,
    target: Path,
    *,
    environment: Mapping[str, str],
    on_line: OnLine,
    cache: Path | None = None,
    system_packages: Sequence[str] = (),
) -> InstalledPackages:
    """Install packages into `target`, compiling those that have no wheel.

    Args:
        environment: as for install; DOCKER_* count too.
        system_packages: apt packages for the container.

    Raises:
        NativeDependenciesError: neither a container nor this machine can build for the target.
        BuildError: the build failed.
    """
    platform = python.platform or this_platform()
    engine, silent = find_engine(environment) if platform.system == "linux" else (None, [])
    if engine is not None:
        return build_in_container(
            engine, requirements, python, target, environment=environment, on_line=on_line, apt=system_packages
        )
    for line in silent:
        on_line(line)
    if not python.is_here:
        raise NativeDependenciesError(
            f"Packages for {python} cannot be compiled: no container engine answers, and this machine"
            f" ({this_platform()}) has no such Python of its own to build with.",
            hint="Start Docker or Podman, publish with a remote build, or build on a machine like the target.",
        )
    if system_packages:
        on_line(f"Not installed, for want of a container: {' '.join(system_packages)}.")
    on_line(f"No container engine answers: compiling on this machine, which is {python} too.")
    return install(
        requirements, python, target, wheels_only=False, environment=environment, on_line=on_line, cache=cache
    )
