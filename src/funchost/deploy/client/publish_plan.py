"""What a publish does, decided from the options, the project, the site's plan and its settings. Pure.

Source of the sequences: deployment-and-scale.md 1.2 and func-cli.md 2.5; servers of our own are dedicated Linux plans.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from funchost.deploy.client.site_resource import SiteResource
from funchost.errors import FuncHostError

RUN_FROM_PACKAGE = "WEBSITE_RUN_FROM_PACKAGE"
RUNTIME = "FUNCTIONS_WORKER_RUNTIME"
STORAGE = "AzureWebJobsStorage"
REMOTE_BUILD_SETTINGS = MappingProxyType(
    {
        "ENABLE_ORYX_BUILD": "true",
        "SCM_DO_BUILD_DURING_DEPLOYMENT": "1",
        "BUILD_FLAGS": "UseExpressBuild",
        "XDG_CACHE_HOME": "/tmp/.cache",  # noqa: S108 - a folder of the service
    }
)
CONTENT_SHARE_SETTINGS = ("WEBSITE_CONTENTAZUREFILECONNECTIONSTRING", "WEBSITE_CONTENTSHARE")
SCM_PACKAGE = "SCM_RUN_FROM_PACKAGE"


class Build(Enum):
    """Who installs what the project requires."""

    REMOTE = "remote"
    LOCAL = "local"
    NATIVE = "native"
    """Here, packages without a wheel too."""
    NONE = "none"


class Plan(Enum):
    """How Azure runs a site, which decides the way that packages take."""

    DEDICATED = "dedicated"
    PREMIUM = "premium"
    CONSUMPTION = "consumption"
    FLEX = "flex"
    KUBERNETES = "kubernetes"


@dataclass(frozen=True)
class SettingChanges:
    """Changes to app settings.

    Args:
        put: new values; maybe secret.
        drop: names that go.
    """

    put: Mapping[str, str] = field(default_factory=dict, repr=False)
    drop: tuple[str, ...] = ()

    def applied(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Return `settings` with the changes made."""
        dropped = {name.lower() for name in self.drop}
        kept = {name: value for name, value in settings.items() if name.lower() not in dropped}
        return {**kept, **self.put}

    def joined(self, other: SettingChanges) -> SettingChanges:
        return SettingChanges({**self.put, **other.put}, (*self.drop, *other.drop))


def choose_build(*, no_build: bool, native: bool, build: str | None, requirements: bool) -> Build:
    """Return the build; of contradicting options the earlier one of this order counts.

    Args:
        no_build: option --no-build.
        native: option --build-native-deps.
        build: value of --build.
        requirements: whether the project requires anything.
    """
    if no_build:
        return Build.NONE
    if native:
        return Build.NATIVE
    if build is not None:
        return Build(build)
    return Build.REMOTE if requirements else Build.NONE


def plan_of(site: SiteResource) -> Plan:
    """Return the plan that a site says it is on.

    Raises:
        FuncHostError: it runs on Windows, where there are no Python apps.
    """
    kind, sku = site.kind.lower(), site.sku.lower()
    if "kubernetes" in kind:
        return Plan.KUBERNETES
    if "linux" not in kind:
        raise FuncHostError(
            f"{site.name} runs on Windows, and Python apps do not.", hint="Publish to an app that was made for Linux."
        )
    if site.flex or sku == "flexconsumption":
        return Plan.FLEX
    if sku == "dynamic":
        return Plan.CONSUMPTION
    return Plan.PREMIUM if sku.startswith("elastic") else Plan.DEDICATED


def build_settings(plan: Plan, build: Build, *, as_files: bool) -> SettingChanges:
    """Return what the app settings must say before the package comes.

    Args:
        plan: see Plan.
        build: see Build.
        as_files: option --nozip: the package is unpacked, not run from.

    Raises:
        FuncHostError: this plan cannot take such a package.
    """
    remote = build is Build.REMOTE
    if plan is Plan.KUBERNETES or (plan is Plan.CONSUMPTION and not remote):
        raise FuncHostError(
            f"Packages that were built here cannot be published to the plan '{plan.value}'.",
            hint="Use --build remote, or the Azure command line: az functionapp deployment source config-zip.",
        )
    if plan is Plan.FLEX:
        return SettingChanges()
    if plan is Plan.CONSUMPTION:
        return SettingChanges(drop=(RUN_FROM_PACKAGE, *CONTENT_SHARE_SETTINGS))
    if remote:
        return SettingChanges(REMOTE_BUILD_SETTINGS, (RUN_FROM_PACKAGE,))
    if as_files:
        return SettingChanges(drop=(RUN_FROM_PACKAGE, *REMOTE_BUILD_SETTINGS))
    return SettingChanges({RUN_FROM_PACKAGE: "1"})


def upload_path(plan: Plan, build: Build, author: str) -> tuple[str, dict[str, str]]:
    """Return path and query of the upload.

    The existing tool waits in one long call for packages that were built locally. We always ask for the work to be
    done in the background: proxies end calls that take minutes, and the log is seen as it grows.
    """
    if plan is Plan.FLEX:
        query = {"isAsync": "true", "author": author, "Deployer": "funchost"}
        return "/api/publish", {**query, "RemoteBuild": "True"} if build is Build.REMOTE else query
    return "/api/zipdeploy", {"isAsync": "true", "author": author, "trackDeploymentProgress": "true"}


def check_settings(site: str, plan: Plan, settings: Mapping[str, str], *, force: bool) -> SettingChanges:
    """Return what --force changes so that the project and the site agree.

    Args:
        site: its name, for messages.
        plan: see Plan.
        settings: the site's app settings.
        force: option --force.

    Raises:
        FuncHostError: the site lacks a setting or is for another language.
    """
    names = {name.lower(): value for name, value in settings.items()}
    if not any(name.startswith(STORAGE.lower()) for name in names) and not force:
        raise FuncHostError(
            f"{site} has no app setting {STORAGE}, or settings that begin with {STORAGE}__.",
            hint="Set it with 'func functionapp config appsettings set', or publish with --force.",
        )
    if plan is Plan.FLEX and RUN_FROM_PACKAGE.lower() in names:
        raise FuncHostError(f"{site} has the app setting {RUN_FROM_PACKAGE}, which its plan does not allow.")
    runtime = names.get(RUNTIME.lower())
    if runtime is None or runtime.lower() == "python":
        return SettingChanges()
    if not force:
        raise FuncHostError(
            f"{site} is an app for {runtime!r} ({RUNTIME}), and this project is one for Python.",
            hint="Publish to another app, or change the setting with --force.",
        )
    return SettingChanges({RUNTIME: "python"})
