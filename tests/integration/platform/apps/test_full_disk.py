"""A full disk: a deployment fails with the reason, nothing else changes, and the server goes on when there is room."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.errors import RefusedError
from funchost.platform.deployment import DeploymentStatus
from tests.integration.platform.apps.fakes import SHOP, World, refusal, run
from tests.small_disk import MIB, fill, small_disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 2 * MIB) as folder:
        yield folder


def test_an_upload_on_a_full_disk_is_refused_and_leaves_nothing(disk: Path) -> None:
    async def scenario(world: World) -> None:
        first = await world.shop("one")
        upload = world.data.scratch / "upload.zip"
        upload.write_text("two")
        filler = fill(world.data.root)
        refused = await refusal(world.apps.deployments.begin(SHOP, upload, None, first.origin))
        assert (refused.code, refused.status) == ("InsufficientStorage", 507)
        assert not upload.exists()
        assert not await world.apps.deployments.deploying(SHOP)
        assert [d.id for d in await world.apps.deployments.deployments(SHOP)] == [first.id]
        assert world.served() == "one"
        filler.unlink()
        assert (await world.deploy(content="three")).status is DeploymentStatus.SUCCESS

    run(disk, scenario)


def test_a_disk_that_fills_up_during_a_build_fails_the_deployment_alone(disk: Path) -> None:
    async def scenario(world: World) -> None:
        first = await world.shop("one")
        world.build.gate = asyncio.Event()
        begun = await world.begin(content="two")
        while len(world.build.jobs) < 2:
            await asyncio.sleep(0)
        filler = fill(world.data.root)
        world.build.gate.set()
        failed = await world.apps.deployments.wait(begun.id)
        assert failed.status is DeploymentStatus.FAILED
        assert not await world.apps.deployments.deploying(SHOP)
        assert world.served() == "one"
        with pytest.raises(RefusedError, match="disk is full"):
            await world.apps.set_settings(SHOP, {"A": "x" * 50_000})
        assert "A" not in await world.apps.settings(SHOP)
        filler.unlink()
        seen = await world.apps.deployments.deployment(SHOP, begun.id)
        assert seen.status is DeploymentStatus.FAILED
        await world.restart()
        assert world.served() == "one"
        newest, oldest = await world.apps.deployments.deployments(SHOP)
        assert (newest.status, newest.status_text) == (DeploymentStatus.FAILED, failed.status_text)
        assert (oldest.id, oldest.active) == (first.id, True)
        assert {path.name for path in world.data.versions.iterdir()} == {first.id}

    run(disk, scenario)
