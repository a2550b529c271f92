"""From a project to its package: dependencies as the build wants them, then the zip."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from funchost.deploy.dependencies import TargetPython, site_packages_folder
from funchost.deploy.dependencies.installation import OnLine
from funchost.deploy.dependencies.platform_check import check_platform
from funchost.deploy.dependencies.restoring import is_read_only, restore
from funchost.deploy.package.archive import PackedPackage, Progress, pack, project_files
from funchost.deploy.package.project_checks import PackageBuild, require_host_json
from funchost.deploy.package.project_files import InstalledPackages, ProjectFile, ProjectFiles
from funchost.errors import BuildError

_PACKAGES = {
    PackageBuild.REMOTE: InstalledPackages.LEFT_OUT,
    PackageBuild.LOCAL: InstalledPackages.BUILT,
    PackageBuild.NONE: InstalledPackages.AS_IS,
}


def make_package(
    root: Path,
    target: Path,
    build: PackageBuild,
    python: TargetPython | None,
    *,
    environment: Mapping[str, str],
    on_line: OnLine,
    on_warning: OnLine,
    on_progress: Progress | None = None,
    native: bool = False,
    system_packages: Sequence[str] = (),
    cache: Path | None = None,
) -> PackedPackage:
    """Write the package of a project; blocks, for as long as packages are installed.

    Args:
        root: folder with host.json.
        target: path of the zip.
        build: who installs packages.
        python: for which Python; None if nothing is installed and it is not known.
        environment: of the installers, see dependencies.install.
        on_line: told each line of the build's log.
        on_warning: told what may not run on the target.
        on_progress: see archive.pack.
        native: compile packages that have no wheel; with PackageBuild.LOCAL.
        system_packages: apt packages for the container that compiles.
        cache: folder of the installer's cache.

    Raises:
        PackageError: the project cannot be packed.
        BuildError: its packages cannot be installed.
        NativeDependenciesError: a package has no wheel.
    """
    root = root.resolve()
    require_host_json(root)
    with tempfile.TemporaryDirectory(prefix="funchost-packages-") as spare:
        home = root
        if build is PackageBuild.LOCAL:
            if python is None:
                raise BuildError("Packages can only be installed for a known Python.")
            home = Path(spare) if is_read_only(root) else root
            restored = restore(
                root,
                python,
                environment=environment,
                on_line=on_line,
                native=native,
                system_packages=system_packages,
                cache=cache,
                home=home,
            )
            home = home if restored else root
        if python is not None and build is not PackageBuild.REMOTE:
            _warn_of_misfits(home, python, on_warning)
        return pack(root, target, included=_included(root, home, build, target), on_progress=on_progress)


def _included(root: Path, home: Path, build: PackageBuild, target: Path) -> tuple[ProjectFile, ...]:
    """Return what goes in, when `.python_packages` may lie in another folder than the project."""
    if home == root:
        return files_for(root, build, target).included
    own = project_files(root, InstalledPackages.LEFT_OUT, target)
    return own.included + project_files(home, InstalledPackages.BUILT).included


def files_for(root: Path, build: PackageBuild, target: Path | None = None) -> ProjectFiles:
    """Return which files of a project go into its package, before anything is built."""
    return project_files(root, _PACKAGES[build], target)


def _warn_of_misfits(root: Path, python: TargetPython, on_warning: OnLine) -> None:
    """Say what cannot run on the target. The server that knows the app's Python refuses it; here it may be meant."""
    try:
        check_platform(site_packages_folder(root, python), python)
    except BuildError as error:
        on_warning(error.message)
