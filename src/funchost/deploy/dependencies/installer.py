"""Installs what a project asks for into a folder, for a Python that need not be on this machine."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn, Protocol

from funchost.deploy.dependencies.causes import is_offline, not_built, relevant, source_without_a_name, without_wheel
from funchost.deploy.dependencies.distributions import Distribution, distributions
from funchost.deploy.dependencies.installation import InstalledPackage, InstalledPackages, OnLine, Order
from funchost.deploy.dependencies.installer_process import Said
from funchost.deploy.dependencies.local_projects import local_names
from funchost.deploy.dependencies.pip import Pip
from funchost.deploy.dependencies.requirements import Requirements
from funchost.deploy.dependencies.target_python import TargetPython
from funchost.deploy.dependencies.tidying import tidy
from funchost.deploy.dependencies.uv import Uv, find_uv
from funchost.errors import BuildError, NativeDependenciesError

MOST_BUILT = 30
"""Packages without a wheel that are tried; an app with more is built elsewhere."""

SHORT = 10
"""Lines of the installer that say why a build failed for want of a compiler."""

_NO_COMPILERS = {"CC": "false", "CXX": "false", "RUSTC": "false", "FC": "false"}


class Installer(Protocol):
    """uv or pip."""

    name: str

    def install(self, order: Order, built: Sequence[str], scratch: Path) -> Said:
        """Install what an order asks for; build the packages named in `built` from source."""


def choose_installer(environment: Mapping[str, str]) -> Installer:
    """Return uv where it is, else pip."""
    uv = find_uv(environment)
    return Pip() if uv is None else Uv(uv)


def install(
    requirements: Requirements,
    python: TargetPython,
    target: Path,
    *,
    wheels_only: bool,
    environment: Mapping[str, str],
    on_line: OnLine,
    cache: Path | None = None,
    installer: Installer | None = None,
) -> InstalledPackages:
    """Install packages into `target`, which holds all of them afterwards or what it held before.

    With `wheels_only` a package without a wheel is built from source as well, but without a compiler, and counts only
    if the result runs anywhere: many a small package has never been published in another form.

    Args:
        requirements: see read_requirements.
        python: for which Python and platform.
        target: folder of the packages; its content is replaced.
        wheels_only: take nothing that must be compiled.
        environment: the whole environment of the installer: PATH, HOME, proxies; its PIP_* and UV_* settings count.
        on_line: told each line of the log.
        cache: folder of the installer's cache, None = its own.
        installer: None = uv where it is, else pip.

    Raises:
        NativeDependenciesError: a package has no wheel for the target and must be compiled.
        BuildError: anything else; ends with what the installer said.
    """
    installer = installer or choose_installer(environment)
    with replacing(target) as (made, scratch):
        order = Order(
            requirements=requirements,
            python=python,
            target=made,
            wheels_only=wheels_only,
            cache=cache,
            environment=environment,
            on_line=on_line,
        )
        if not requirements.empty:
            _install(order, installer, scratch)
    return InstalledPackages(installed(target), installer.name)


def installed(site_packages: Path) -> tuple[InstalledPackage, ...]:
    """Return what is installed in a folder."""
    return tuple(InstalledPackage(each.name, each.version) for each in distributions(site_packages))


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[tuple[Path, Path]]:
    """Give an empty folder that takes the place of `target` when all went well, and a scratch folder beside it."""
    target = target.absolute()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
            scratch = Path(folder)
            made = scratch / "packages"
            made.mkdir()
            yield made, scratch
            tidy(made)
            shutil.rmtree(target, ignore_errors=True)
            made.rename(target)
    except OSError as error:
        raise BuildError(
            f"Packages cannot be put into {target}: {error.filename or ''}: {error.strerror or error}."
        ) from error


def _install(order: Order, installer: Installer, scratch: Path) -> None:
    local = local_names(order.requirements.folders)
    built = list(local)
    said = installer.install(order, built, scratch)
    if said.code and order.wheels_only and source_without_a_name(said.lines):
        order.on_line("A folder says its name only when it is built; trying whether the sources need no compiler.")
        order = dataclasses.replace(order, any_source=True)
        said = _without_compiler(order, installer, built, scratch)
    while said.code and order.wheels_only and (missing := _new(without_wheel(said.lines), built)):
        if is_offline(said.lines) or len(built) + len(missing) > MOST_BUILT:
            break
        built += missing
        order.on_line(f"{' and '.join(missing)}: no wheel; trying whether the source needs no compiler.")
        said = _without_compiler(order, installer, built, scratch)
    if said.code:
        _fail(order, installer, said, built[len(local) :])
    if not order.wheels_only:
        return
    compiled = [
        each
        for each in distributions(order.target)
        if (_is_one_of(each, built) and not each.universal) or (order.any_source and each.only_here)
    ]
    if compiled:
        _fail_native(order, installer, [f"{each.name}=={each.version}" for each in compiled], None)


def _without_compiler(order: Order, installer: Installer, built: Sequence[str], scratch: Path) -> Said:
    """Try again with the source of some packages. The cache is another one: a later build may have a compiler."""
    shutil.rmtree(order.target)
    order.target.mkdir()
    cache = (order.cache or scratch / "cache") / "without-compiler"
    changed = dataclasses.replace(order, cache=cache, environment={**order.environment, **_NO_COMPILERS})
    return installer.install(changed, built, scratch)


def _new(names: Sequence[str], built: Sequence[str]) -> list[str]:
    known = {_plain(name) for name in built}
    return [name for name in names if _plain(name) not in known]


def _is_one_of(found: Distribution, names: Sequence[str]) -> bool:
    return _plain(found.name) in {_plain(name) for name in names}


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _fail(order: Order, installer: Installer, said: Said, tried: Sequence[str]) -> NoReturn:
    """Raise what explains a failure; `tried` are packages without a wheel whose source was tried."""
    failed = [
        name
        for name in (*not_built(said.lines), *without_wheel(said.lines))
        if order.any_source or _plain(name) in map(_plain, tried)
    ]
    if failed and order.wheels_only and not is_offline(said.lines):
        _fail_native(order, installer, list(dict.fromkeys(failed)), said)
    what = f"The packages of {order.requirements.path.name} could not be installed for {order.python}"
    hint = None
    if is_offline(said.lines):
        what += ": the package index cannot be reached"
        hint = "Check the network, the proxy and the address of the index."
    elif broken := not_built(said.lines):
        what += f": {' and '.join(broken)} could not be built from source"
        hint = "Choose a version that has a wheel for this Python, or install what its build asks for."
    raise BuildError(f"{what}. {installer.name} said:\n{relevant(said.lines)}", hint=hint)


def _fail_native(order: Order, installer: Installer, packages: Sequence[str], said: Said | None) -> NoReturn:
    have = "has" if len(packages) == 1 else "have"
    what = f"{' and '.join(packages)} of {order.requirements.path.name} {have} no wheel for {order.python}"
    why = "must be compiled."
    if said is not None:
        why = f"cannot be built without a compiler. {installer.name} said:\n{relevant(said.lines, SHORT)}"
    raise NativeDependenciesError(
        f"{what} and {why}",
        hint="Publish with a remote build, build with --build-native-deps, or choose a version that has a wheel.",
    )
