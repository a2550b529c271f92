"""Which versions stay for a rollback, and what may be removed."""

from __future__ import annotations

from dataclasses import replace

from funchost.platform.apps.retention import forgotten, references, unwanted_versions
from funchost.platform.deployment import BuildKind, Deployment, DeploymentStatus, Origin
from funchost.platform.site import SiteName


def _deployment(number: int, status: DeploymentStatus = DeploymentStatus.SUCCESS) -> Deployment:
    return Deployment(
        id=f"d{number}",
        site=SiteName("shop"),
        status=status,
        status_text="",
        progress="",
        origin=Origin(),
        build=BuildKind.NONE,
        package=f"p{number}",
        version=f"d{number}" if status is DeploymentStatus.SUCCESS else None,
        received=number,
        started=None,
        ended=None,
        active=False,
    )


NEWEST_FIRST = [_deployment(number) for number in range(9, 0, -1)]


def test_the_newest_versions_are_kept() -> None:
    assert unwanted_versions(NEWEST_FIRST, {"d9"}, kept=3) == {"d6", "d5", "d4", "d3", "d2", "d1"}


def test_a_version_that_serves_is_kept_however_old_it_is() -> None:
    assert unwanted_versions(NEWEST_FIRST, {"d1"}, kept=3) == {"d7", "d6", "d5", "d4", "d3", "d2"}


def test_a_version_that_came_twice_counts_once() -> None:
    again = replace(NEWEST_FIRST[0], id="d10", version="d1")
    assert unwanted_versions([again, *NEWEST_FIRST], {"d1"}, kept=3) == {"d7", "d6", "d5", "d4", "d3", "d2"}


def test_failed_deployments_take_no_room() -> None:
    failed = [_deployment(number, DeploymentStatus.FAILED) for number in range(20, 10, -1)]
    assert unwanted_versions([*failed, *NEWEST_FIRST], {"d9"}, kept=9) == frozenset()


def test_old_deployments_without_a_version_are_forgotten() -> None:
    failed = [_deployment(number, DeploymentStatus.FAILED) for number in range(3, 0, -1)]
    assert forgotten([*NEWEST_FIRST, *failed], kept=10) == failed[1:]
    assert forgotten(NEWEST_FIRST, kept=1) == []


def test_what_is_being_built_stays() -> None:
    running = _deployment(3, DeploymentStatus.BUILDING)
    failed = _deployment(2, DeploymentStatus.FAILED)
    found = references([], [running, failed, _deployment(1)])
    assert found.versions == {"d3", "d1"}
    assert found.packages == {"p3", "p1"}
    assert found.logs == {"d3", "d2", "d1"}
