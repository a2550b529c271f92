"""Which versions are kept for a rollback, and which deployments are remembered. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from funchost.platform.deployment import Deployment, DeploymentStatus
from funchost.platform.registry.site_record import SiteRecord

KEPT_VERSIONS = 5
"""Versions of a site that can be rolled back to, the one that serves among them."""

KEPT_DEPLOYMENTS = 50
"""Deployments of a site that are listed, failed ones among them."""


class References(NamedTuple):
    """What must stay in the data directory.

    Args:
        versions: folder names.
        packages: digests.
        logs: ids of deployments.
    """

    versions: frozenset[str]
    packages: frozenset[str]
    logs: frozenset[str]


def served_versions(sites: Iterable[SiteRecord]) -> frozenset[str]:
    """Return the versions that sites serve, or will when they are started."""
    versions = {record.site.version for record in sites} | {r.served.version for r in sites if r.served is not None}
    return frozenset(version for version in versions if version is not None)


def unwanted_versions(deployments: Sequence[Deployment], served: Collection[str], kept: int) -> frozenset[str]:
    """Return the versions of a site that are not kept.

    Args:
        deployments: of the site, newest first.
        served: by any site: always kept.
        kept: how many, those that are served among them.
    """
    versions = dict.fromkeys(
        d.version for d in deployments if d.status is DeploymentStatus.SUCCESS and d.version is not None
    )
    room = max(kept - sum(1 for version in versions if version in served), 0)
    others = [version for version in versions if version not in served]
    return frozenset(others[room:])


def forgotten(deployments: Sequence[Deployment], kept: int = KEPT_DEPLOYMENTS) -> Sequence[Deployment]:
    """Return the deployments of a site that are not listed any more: old ones whose version is not kept.

    Args:
        deployments: newest first.
    """
    return [deployment for deployment in deployments[kept:] if deployment.status.ended and deployment.version is None]


def references(sites: Sequence[SiteRecord], deployments: Sequence[Deployment]) -> References:
    """Return what must stay, given everything that is remembered."""
    running = [deployment for deployment in deployments if not deployment.status.ended]
    built = {d.version for d in deployments if d.version is not None}
    versions = served_versions(sites) | built | {d.id for d in running}
    packages = {d.package for d in deployments if d.version is not None or not d.status.ended}
    return References(frozenset(versions), frozenset(packages), frozenset(d.id for d in deployments))
