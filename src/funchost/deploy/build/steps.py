"""What a build does, step by step; runs in the build process."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping

from funchost.deploy.build.bytecode import compile_all
from funchost.deploy.build.channel import ReportChannel
from funchost.deploy.build.commands import run_command
from funchost.deploy.build.environment import POST_BUILD_COMMAND, PRE_BUILD_COMMAND
from funchost.deploy.build.job import BuildResult
from funchost.deploy.build.order import BuildOrder
from funchost.deploy.dependencies import (
    InstalledPackages,
    Requirements,
    TargetPython,
    check_platform,
    install,
    read_requirements,
    site_packages_folder,
)
from funchost.deploy.package.unpack import UnpackLimits, unpack

PACKAGES = ".python_packages"


def run_steps(order: BuildOrder, channel: ReportChannel, environment: Mapping[str, str]) -> BuildResult:
    """Unpack, install, compile; what is ready then lies in the order's content folder.

    Args:
        environment: of this process.

    Raises:
        PackageError, NativeDependenciesError, BuildError: see builder.build.
        OSError: the disk.
    """
    began = time.monotonic()
    python = TargetPython(order.python.version[:2], order.python.path)
    _unpack(order, channel)
    installed: tuple[str, ...] = ()
    if order.install:
        _remove_uploaded_packages(order, channel)
        _command(PRE_BUILD_COMMAND, order.before, order, channel, environment)
        installed = _install(order, python, channel, environment)
        _command(POST_BUILD_COMMAND, order.after, order, channel, environment)
    _check(order, python, channel)
    _compile(order, channel)
    channel.line(f"Built in {time.monotonic() - began:.1f} s.")
    return BuildResult(0, installed)


def _unpack(order: BuildOrder, channel: ReportChannel) -> None:
    channel.stage("unpacking the package")
    unpacked = unpack(order.package, order.content, UnpackLimits(bytes=order.limits.disk))
    channel.line(f"Unpacked {_count(unpacked.files, 'file')}, {_kibibytes(unpacked.bytes)}.")


def _remove_uploaded_packages(order: BuildOrder, channel: ReportChannel) -> None:
    uploaded = order.content / PACKAGES
    if uploaded.is_dir() and not uploaded.is_symlink():
        channel.line(f"Removing the uploaded {PACKAGES}: a remote build installs all packages itself.")
        shutil.rmtree(uploaded)
    elif uploaded.is_symlink() or uploaded.exists():
        uploaded.unlink()


def _command(
    setting: str, command: str | None, order: BuildOrder, channel: ReportChannel, environment: Mapping[str, str]
) -> None:
    if command is not None:
        channel.stage(f"running {setting}")
        channel.line(f"Running {setting}.")
        run_command(setting, command, order.content, environment, channel.line)


def _install(
    order: BuildOrder, python: TargetPython, channel: ReportChannel, environment: Mapping[str, str]
) -> tuple[str, ...]:
    channel.stage("installing the dependencies")
    requirements = read_requirements(order.content)
    if requirements is None:
        channel.line("There is no requirements.txt and no pyproject.toml that lists packages: nothing to install.")
        return ()
    name = requirements.path.relative_to(order.content)
    if requirements.empty:
        channel.line(f"{name} asks for no packages: nothing to install.")
        return ()
    channel.line(f"Installing what {name} asks for on Python {order.python.release} ({order.python.path}).")
    began = time.monotonic()
    done = _run_installer(requirements, order, python, channel, environment)
    names = tuple(f"{package.name}=={package.version}" for package in done.packages)
    seconds = time.monotonic() - began
    channel.line(f"Installed {_count(len(names), 'package')} with {done.installer} in {seconds:.1f} s.")
    return names


def _run_installer(
    requirements: Requirements,
    order: BuildOrder,
    python: TargetPython,
    channel: ReportChannel,
    environment: Mapping[str, str],
) -> InstalledPackages:
    return install(
        requirements,
        python,
        site_packages_folder(order.content, python),
        wheels_only=False,
        environment=environment,  # which says where the caches are
        on_line=channel.line,
    )


def _check(order: BuildOrder, python: TargetPython, channel: ReportChannel) -> None:
    folder = site_packages_folder(order.content, python)
    if folder.is_dir():
        channel.stage("checking the packages")
        check_platform(folder, python)


def _compile(order: BuildOrder, channel: ReportChannel) -> None:
    channel.stage("compiling the modules")
    modules = compile_all(order.content, order.python)
    channel.line(f"Compiled {_count(modules, 'module')} for Python {order.python.minor}.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _kibibytes(size: int) -> str:
    return f"{size / 1024:,.0f} KiB"
