"""Deployments: their steps, what stays after a failure, and what is kept for a rollback."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from funchost.platform.apps.apps import BUILDS_AT_ONCE
from funchost.platform.deployment import BuildKind, DeploymentStatus, LogLine
from funchost.platform.site import SiteName
from tests.integration.platform.apps.fakes import SHOP, World, refusal, run


def test_a_deployment_builds_loads_and_serves(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        done = await world.shop("one")
        assert (done.status, done.active, done.version) == (DeploymentStatus.SUCCESS, True, done.id)
        assert world.served() == "one"
        assert (await world.apps.site(SHOP)).version == done.id
        assert [f.name for f in await world.apps.functions(SHOP)] == ["hello"]
        log = await world.log(done)
        assert "Collecting requests" in log
        assert "Invoke url: http://shop.localhost:7070/api/hello" in log
        assert log.endswith("Deployment successful.")

    run(tmp_path, scenario)


def test_while_it_runs_its_steps_are_shown_and_another_one_is_refused(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.apps.create(SHOP)
        world.build.gate = asyncio.Event()
        begun = await world.begin()
        followed: list[LogLine] = []

        async def follow() -> None:
            followed.extend([line async for line in world.apps.deployments.follow(begun.id)])

        following = asyncio.create_task(follow())
        while not world.build.jobs:
            await asyncio.sleep(0)
        assert await world.apps.deployments.deploying(SHOP)
        latest = await world.apps.deployments.deployment(SHOP, "latest")
        assert (latest.status, latest.progress) == (DeploymentStatus.BUILDING, "Unpacking for Python 3.11.")
        refused = await refusal(world.begin(content="two"))
        assert (refused.code, refused.status) == ("Conflict", 409)
        assert list(world.data.scratch.iterdir()) == []
        world.build.gate.set()
        assert (await world.apps.deployments.wait(begun.id)).status is DeploymentStatus.SUCCESS
        await following
        assert followed[-1].message == "Deployment successful."
        assert not await world.apps.deployments.deploying(SHOP)

    run(tmp_path, scenario)


def test_after_a_failed_build_the_old_version_serves_and_the_cause_is_the_end_of_the_log(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        first = await world.shop("one")
        failed = await world.deploy(content="BROKEN")
        assert failed.status is DeploymentStatus.FAILED
        assert failed.status_text == "requests==99 was not found. Choose another version."
        assert world.served() == "one"
        assert (await world.apps.deployments.deployment(SHOP, first.id)).active
        lines = await world.apps.deployments.log(failed.id)
        assert [line.error for line in lines[-2:]] == [True, True]
        assert lines[-1].message == f"Deployment failed. Version {first.id} goes on serving."
        await world.apps.deployments.sweep()
        assert [path.name for path in world.data.versions.iterdir()] == [first.id]
        assert [path.stem for path in world.data.packages.iterdir()] == [first.package]

    run(tmp_path, scenario)


def test_a_version_that_does_not_load_never_serves(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.apps.create(SHOP)
        await world.apps.set_settings(SHOP, {"BREAK": "1"})
        failed = await world.deploy()
        assert "ImportError" in failed.status_text
        assert "No version serves the app yet." in await world.log(failed)
        assert (await world.apps.site(SHOP)).version is None
        assert world.served() is None
        assert world.fleet.prepared == []
        await world.apps.set_settings(SHOP, {})
        assert (await world.deploy()).status is DeploymentStatus.SUCCESS

    run(tmp_path, scenario)


def test_a_version_is_brought_back_without_a_build(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        first = await world.shop("one")
        await world.deploy(content="two")
        builds = len(world.build.jobs)
        again = await world.apps.deployments.wait((await world.apps.deployments.redeploy(SHOP, first.id)).id)
        assert (again.status, again.version, again.id != first.id) == (DeploymentStatus.SUCCESS, first.id, True)
        assert world.served() == "one"
        assert len(world.build.jobs) == builds
        assert [d.active for d in await world.apps.deployments.deployments(SHOP)] == [True, False, False]

    run(tmp_path, scenario)


@pytest.mark.parametrize("number_kept", [5, 2])
def test_so_many_versions_are_kept_and_the_one_that_serves_among_them(number_kept: int, tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.kept_versions = number_kept
        await world.restart()
        first = await world.shop("0")
        for number in range(1, 8):
            await world.deploy(content=str(number))
        await world.settled()
        kept = [d for d in await world.apps.deployments.deployments(SHOP) if d.version is not None]
        assert len(kept) == number_kept
        assert {path.name for path in world.data.versions.iterdir()} == {d.version for d in kept}
        assert {path.stem for path in world.data.packages.iterdir()} == {d.package for d in kept}
        refused = await refusal(world.apps.deployments.redeploy(SHOP, first.id))
        assert "not kept any more" in refused.message
        assert list(world.data.scratch.iterdir()) == []

    run(tmp_path, scenario)


def test_a_stopped_app_takes_a_version_and_stays_stopped(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.shop("one")
        await world.apps.stop(SHOP)
        done = await world.deploy(content="two")
        assert done.status is DeploymentStatus.SUCCESS
        assert world.served() is None
        assert world.fleet.prepared == []
        assert "stopped" in await world.log(done)
        await world.apps.start(SHOP)
        assert world.served() == "two"

    run(tmp_path, scenario)


def test_a_switch_that_fails_leaves_the_old_version(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        first = await world.shop("one")
        world.fleet.switch_error = OSError("no more descriptors")
        failed = await world.deploy(content="two")
        assert failed.status is DeploymentStatus.FAILED
        assert (await world.apps.site(SHOP)).version == first.id
        assert world.served() == "one"
        assert world.fleet.prepared == []
        world.fleet.switch_error = None
        await world.restart()
        assert world.served() == "one"

    run(tmp_path, scenario)


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({}, BuildKind.NONE),
        ({"SCM_DO_BUILD_DURING_DEPLOYMENT": "true"}, BuildKind.REMOTE),
        ({"SCM_DO_BUILD_DURING_DEPLOYMENT": "1"}, BuildKind.REMOTE),
        ({"SCM_DO_BUILD_DURING_DEPLOYMENT": "false"}, BuildKind.NONE),
        ({"SCM_DO_BUILD_DURING_DEPLOYMENT": "1", "WEBSITE_RUN_FROM_PACKAGE": "1"}, BuildKind.NONE),
    ],
)
def test_settings_say_whether_the_server_builds(tmp_path: Path, settings: dict[str, str], kind: BuildKind) -> None:
    async def scenario(world: World) -> None:
        await world.apps.create(SHOP, settings={**settings, "SECRET": "x", "PIP_INDEX_URL": "https://example.org"})
        done = await world.deploy()
        assert done.build is kind
        assert world.build.jobs[0].install is (kind is BuildKind.REMOTE)
        assert dict(world.build.jobs[0].settings) == {**settings, "PIP_INDEX_URL": "https://example.org"}

    run(tmp_path, scenario)


def test_an_active_deployment_cannot_be_removed_and_another_one_goes_with_its_version(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        first = await world.shop("one")
        second = await world.deploy(content="two")
        assert (await refusal(world.apps.deployments.delete(SHOP, second.id))).status == 409
        await world.apps.deployments.delete(SHOP, first.id)
        assert [d.id for d in await world.apps.deployments.deployments(SHOP)] == [second.id]
        assert [path.name for path in world.data.versions.iterdir()] == [second.id]
        assert (await refusal(world.apps.deployments.log(first.id))).status == 404

    run(tmp_path, scenario)


def test_a_deployment_to_nothing_is_refused_and_its_upload_removed(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        assert (await refusal(world.begin())).status == 404
        assert list(world.data.scratch.iterdir()) == []
        assert list(world.data.packages.iterdir()) == []

    run(tmp_path, scenario)


def test_deleting_an_app_ends_its_deployment(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.apps.create(SHOP)
        world.build.gate = asyncio.Event()
        begun = await world.begin()
        while not world.build.jobs:
            await asyncio.sleep(0)
        await world.apps.delete(SHOP)
        assert not await world.apps.deployments.deploying(SHOP)
        assert (await refusal(world.apps.deployments.wait(begun.id))).status == 404
        assert list(world.data.packages.iterdir()) == []
        world.build.gate.set()
        assert await world.apps.create(SHOP)
        assert await world.apps.deployments.deployments(SHOP) == []

    run(tmp_path, scenario)


def test_stopping_the_server_ends_a_deployment_as_failed(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.shop("one")
        world.build.gate = asyncio.Event()
        begun = await world.begin(content="two")
        while len(world.build.jobs) < 2:
            await asyncio.sleep(0)
        await world.restart()
        ended = await world.apps.deployments.deployment(SHOP, begun.id)
        assert ended.status is DeploymentStatus.FAILED
        assert "the server was stopped" in ended.status_text
        assert world.served() == "one"

    run(tmp_path, scenario)


def test_a_deployment_that_has_not_begun_can_be_ended_too(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.shop("one")
        begun = await world.begin(content="two")
        await world.apps.deployments.cancel(SHOP)
        await world.apps.deployments.cancel(SHOP)
        assert (await world.apps.deployments.wait(begun.id)).status is DeploymentStatus.FAILED
        assert not await world.apps.deployments.deploying(SHOP)
        assert (await world.deploy(content="three")).status is DeploymentStatus.SUCCESS

    run(tmp_path, scenario)


def test_a_server_that_stops_takes_no_more_deployments(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.apps.create(SHOP)
        await world.apps.close()
        assert (await refusal(world.begin())).status == 503

    run(tmp_path, scenario)


def test_some_apps_are_built_at_once_and_others_wait(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        names = [SiteName(f"app{number}") for number in range(BUILDS_AT_ONCE + 1)]
        for name in names:
            await world.apps.create(name)
        world.build.gate = asyncio.Event()
        begun = [await world.begin(name, name.app) for name in names]
        last = names[-1]
        while not (await world.apps.deployments.deployment(last, "latest")).progress.startswith("Waiting"):
            await asyncio.sleep(0)
        assert len(world.build.jobs) == BUILDS_AT_ONCE
        world.build.gate.set()
        for deployment in begun:
            assert (await world.apps.deployments.wait(deployment.id)).status is DeploymentStatus.SUCCESS
        assert world.served(last) == last.app

    run(tmp_path, scenario)


def test_a_log_that_cannot_be_written_any_more_fails_the_deployment(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.shop("one")

        def on_moment(name: str) -> None:
            if name == "loaded":
                path = max((tmp_path / "deployments").iterdir())
                path.unlink()
                path.mkdir()

        world.on_moment = on_moment
        failed = await world.deploy(content="two")
        assert failed.status is DeploymentStatus.FAILED
        assert "log cannot be written" in failed.status_text
        assert world.fleet.prepared == []
        assert world.served() == "one"

    run(tmp_path, scenario)
