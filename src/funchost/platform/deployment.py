"""Deployment: one attempt to bring a package to a site, from its upload to its end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import NamedTuple

from funchost.platform.site import SiteName


class DeploymentStatus(IntEnum):
    """How far a deployment is; the numbers are those of the SCM API."""

    PENDING = 0
    BUILDING = 1
    DEPLOYING = 2
    """The new version is being loaded, and requests are switched over to it."""
    FAILED = 3
    SUCCESS = 4

    @property
    def ended(self) -> bool:
        return self in (DeploymentStatus.FAILED, DeploymentStatus.SUCCESS)


class BuildKind(Enum):
    """What the server does with a package before it runs."""

    REMOTE = "remote"
    """Installs what requirements.txt or pyproject.toml asks for."""
    NONE = "none"
    """Takes it as it is."""


class Origin(NamedTuple):
    """Who deployed, as the client said."""

    author: str = ""
    author_email: str = ""
    deployer: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One deployment.

    Args:
        id: unique on the server, sortable by time.
        site: where to.
        status: see DeploymentStatus.
        status_text: why it failed, empty otherwise.
        progress: what is being done now, one line; empty at the end.
        origin: who deployed.
        build: see BuildKind.
        package: SHA-256 of the package, hexadecimal.
        version: id of what was built, None before that.
        received: seconds since 1970, as all times here.
        started: when the build began, None before.
        ended: None before.
        active: whether its version serves the site now.
    """

    id: str
    site: SiteName
    status: DeploymentStatus
    status_text: str
    progress: str
    origin: Origin
    build: BuildKind
    package: str
    version: str | None
    received: float
    started: float | None
    ended: float | None
    active: bool


class LogLine(NamedTuple):
    """A line of a deployment's log.

    Args:
        time: seconds since 1970.
        message: one or several lines.
        error: whether it tells of a failure.
    """

    time: float
    message: str
    error: bool = False
