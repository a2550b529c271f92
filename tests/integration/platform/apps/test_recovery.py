"""A server that is killed at any moment leaves a data directory that the next one serves from.

The directory is copied at each moment, as a killed server would leave it, and another server starts on the copy.
"""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from funchost.platform.deployment import DeploymentStatus
from tests.integration.platform.apps.fakes import SHOP, STAGING, Moment, World, run


def _copies(world: World, into: Path) -> Moment:
    """Return what copies the data directory at the first of each moment."""

    def copy(name: str) -> None:
        if not (into / name).exists():
            shutil.copytree(world.data.root, into / name)

    return copy


MOMENTS = ("begun", "building", "built", "before loading", "loaded", "before the switch", "switched", "ended")
NEW_SERVES = ("before the switch", "switched", "ended")


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_server_killed_during_a_deployment_serves_the_last_good_version(tmp_path: Path, moment: str) -> None:
    async def first(world: World) -> None:
        await world.shop("one")
        world.on_moment = copy = _copies(world, tmp_path / "copies")
        world.build.gate = asyncio.Event()
        begun = await world.begin(content="two")
        copy("begun")
        world.build.gate.set()
        await world.apps.deployments.wait(begun.id)
        copy("ended")

    async def second(world: World) -> None:
        good = moment in NEW_SERVES
        assert world.served() == ("two" if good else "one")
        newest, oldest = await world.apps.deployments.deployments(SHOP)
        assert newest.status is (DeploymentStatus.SUCCESS if good else DeploymentStatus.FAILED)
        assert (newest.active, oldest.active) == (good, not good)
        if not good:
            assert "Interrupted" in newest.status_text
            assert f"Version {oldest.id} goes on serving." in newest.status_text
            assert newest.status_text in await world.log(newest)
        serving = {d.version for d in (newest, oldest) if d.version is not None}
        assert {path.name for path in world.data.versions.iterdir()} == serving
        assert list(world.data.scratch.iterdir()) == []
        assert (await world.deploy(content="three")).status is DeploymentStatus.SUCCESS
        assert world.served() == "three"

    run(tmp_path / "first", first)
    run(tmp_path / "copies" / moment, second)


@pytest.mark.parametrize("moment", ["before loading", "loaded", "before the switch", "switched"])
def test_a_server_killed_during_a_swap_has_swapped_both_sides_or_none(tmp_path: Path, moment: str) -> None:
    async def first(world: World) -> None:
        await world.shop("old")
        await world.apps.create(STAGING)
        await world.deploy(STAGING, "new")
        await world.apps.set_settings(STAGING, {"FEATURE": "1"})
        world.on_moment = _copies(world, tmp_path / "copies")
        await world.apps.swap(SHOP, "staging", None)

    async def second(world: World) -> None:
        swapped = moment in NEW_SERVES
        assert (world.served(SHOP), world.served(STAGING)) == (("new", "old") if swapped else ("old", "new"))
        assert ("FEATURE" in world.fleet.current[SHOP].settings) is swapped
        assert ("FEATURE" in world.fleet.current[STAGING].settings) is not swapped
        assert await world.apps.problem(SHOP) == ""

    run(tmp_path / "first", first)
    run(tmp_path / "copies" / moment, second)


@pytest.mark.parametrize("moment", ["before loading", "before the switch", "switched"])
def test_a_server_killed_during_a_change_of_settings_serves_at_once_and_then_with_the_new_ones(
    tmp_path: Path, moment: str
) -> None:
    async def first(world: World) -> None:
        await world.shop("one")
        world.on_moment = _copies(world, tmp_path / "copies")
        await world.apps.set_settings(SHOP, {"A": "1"})

    async def second(world: World) -> None:
        assert await world.apps.settings(SHOP) == {"A": "1"}
        assert ("A" in world.fleet.current[SHOP].settings) is (moment in NEW_SERVES)
        await world.apps.close()  # it brings the change to its end by itself
        assert world.fleet.current[SHOP].settings == {"A": "1"}

    run(tmp_path / "first", first)
    run(tmp_path / "copies" / moment, second)


@pytest.mark.parametrize("moment", ["account made", "account not removed yet"])
def test_a_server_killed_while_an_app_is_made_or_removed_has_no_such_app(tmp_path: Path, moment: str) -> None:
    async def first(world: World) -> None:
        world.on_moment = _copies(world, tmp_path / "copies")
        await world.shop("one")
        await (await world.apps.keys(SHOP)).host_keys()
        await world.apps.delete(SHOP)

    async def second() -> None:
        world = World(tmp_path / "copies" / moment)
        world.storage.accounts[SHOP] = "left"
        await world.open()
        assert await world.apps.sites() == []
        assert world.storage.accounts == {}
        for folder in ("versions", "packages", "deployments", "sites", "scratch"):
            assert list((world.data.root / folder).iterdir()) == []
        await world.shop("two")
        assert world.served() == "two"
        await world.close()

    run(tmp_path / "first", first)
    asyncio.run(second())
