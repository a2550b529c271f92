"""Makes the package of a project for a certain site."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from funchost.deploy.client.azure_login import DOMAINS
from funchost.deploy.client.local_names import is_this_machine
from funchost.deploy.client.publish_plan import Build
from funchost.deploy.client.site_resource import SiteResource
from funchost.deploy.dependencies import Platform, TargetPython, read_version, this_platform
from funchost.deploy.package.project_checks import PackageBuild
from funchost.deploy.package.project_package import make_package
from funchost.deploy.pythons import PythonCatalogue
from funchost.errors import RefusedError

SERVERS = Platform("linux", "x86_64")
"""What Azure runs on, and most servers."""
AZURE_SITES = (".azurewebsites.net", ".azurewebsites.us", ".chinacloudsites.cn")
PACKAGE_BUILDS = {
    Build.REMOTE: PackageBuild.REMOTE,
    Build.LOCAL: PackageBuild.LOCAL,
    Build.NATIVE: PackageBuild.LOCAL,
    Build.NONE: PackageBuild.NONE,
}
_ANNOUNCED = {
    Build.REMOTE: "Performing remote build for functions project.",
    Build.LOCAL: "Performing local build for functions project.",
    Build.NATIVE: "Performing local build for functions project.",
    Build.NONE: "Skipping build event for functions project.",
}


class ProjectPackager:
    """Makes the package; an instance is a MakePackage.

    Args:
        root: folder with host.json.
        target: path of the zip.
        build: see Build.
        environment: of the installers.
        host: of the server that the site is on.
        system_packages: for the container that compiles.
        on_warning: told what may not run on the site.
        blocking: entered for the time that installing and packing take. They keep the event loop from running, which
            has nothing else to do: in a thread of their own they would go on after a Ctrl-C.
    """

    def __init__(
        self,
        root: Path,
        target: Path,
        build: Build,
        environment: Mapping[str, str],
        *,
        host: str,
        system_packages: Sequence[str] = (),
        on_warning: Callable[[str], None],
        blocking: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._root = root
        self._target = target
        self._build = build
        self._environment = environment
        self._platform = target_platform(host, this_platform())
        self._system_packages = system_packages
        self._on_warning = on_warning
        self._blocking = blocking

    async def __call__(self, site: SiteResource, on_line: Callable[[str], None]) -> Path:
        python = await self._target_python(site)
        on_line("Creating archive for current directory...")
        on_line(_ANNOUNCED[self._build])
        with self._blocking():
            packed = make_package(
                self._root,
                self._target,
                PACKAGE_BUILDS[self._build],
                python,
                environment=self._environment,
                on_line=on_line,
                # Without its version nobody can tell what fits.
                on_warning=self._on_warning if site.python else lambda _: None,
                native=self._build is Build.NATIVE,
                system_packages=self._system_packages,
            )
        on_line(f"Packed {packed.files:,} files, {packed.bytes_in:,} bytes, into {packed.bytes_out:,} bytes.")
        return packed.path

    async def _target_python(self, site: SiteResource) -> TargetPython:
        version = read_version(site.python) if site.python else sys.version_info[:2]
        if self._build not in (Build.LOCAL, Build.NATIVE):
            return TargetPython(version, None, self._platform)
        if not site.python:
            self._on_warning(f"The site's Python is not known; packages are for Python {version[0]}.{version[1]}.")
        try:
            found = await PythonCatalogue(self._environment).find(f"{version[0]}.{version[1]}")
        except RefusedError:
            return TargetPython(version, None, self._platform)
        return TargetPython(version, found.path, self._platform)


def target_platform(host: str, here: Platform) -> Platform | None:
    """Return the platform that packages are made for; None = exactly this machine's.

    Args:
        host: of the server.
        here: this machine's platform.
    """
    if is_this_machine(host):
        return None
    name = host.lower()
    azure = name in DOMAINS or name.endswith(AZURE_SITES)
    return here if here.system == SERVERS.system and not azure else SERVERS
