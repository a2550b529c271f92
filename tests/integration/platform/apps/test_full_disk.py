"""A full disk: a deployment fails with the reason, nothing else changes, and the server goes on when there is room."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.errors import RefusedError
from funchost.platform.deployment import DeploymentStatus
from tests.integration.platform.apps.fakes import SHOP, World, refusal, run

SIZE = 2 * 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB; only root may mount one."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting needs root on Linux")
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def _fill(world: World) -> Path:
    """Take all space that is left."""
    filler = world.data.root / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return filler


def test_an_upload_on_a_full_disk_is_refused_and_leaves_nothing(small_disk: Path) -> None:
    async def scenario(world: World) -> None:
        first = await world.shop("one")
        upload = world.data.scratch / "upload.zip"
        upload.write_text("two")
        filler = _fill(world)
        refused = await refusal(world.apps.deployments.begin(SHOP, upload, None, first.origin))
        assert (refused.code, refused.status) == ("InsufficientStorage", 507)
        assert not upload.exists()
        assert not await world.apps.deployments.deploying(SHOP)
        assert [d.id for d in await world.apps.deployments.deployments(SHOP)] == [first.id]
        assert world.served() == "one"
        filler.unlink()
        assert (await world.deploy(content="three")).status is DeploymentStatus.SUCCESS

    run(small_disk, scenario)


def test_a_disk_that_fills_up_during_a_build_fails_the_deployment_alone(small_disk: Path) -> None:
    async def scenario(world: World) -> None:
        first = await world.shop("one")
        world.build.gate = asyncio.Event()
        begun = await world.begin(content="two")
        while len(world.build.jobs) < 2:
            await asyncio.sleep(0)
        filler = _fill(world)
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

    run(small_disk, scenario)
