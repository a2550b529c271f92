"""Slots: made beside an app, and swapped with it."""

from __future__ import annotations

from pathlib import Path

from funchost.platform.connection_string import ConnectionString, ConnectionType
from funchost.platform.deployment import DeploymentStatus
from funchost.platform.site import CorsRules, ScaleLimits
from tests.integration.platform.apps.fakes import SHOP, STAGING, World, refusal, run


async def _both(world: World) -> None:
    await world.shop("old")
    await world.apps.create(STAGING)
    await world.deploy(STAGING, "new")
    world.fleet.history.clear()


def test_a_slot_has_the_python_of_its_app_and_nothing_else_of_it(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.apps.create(SHOP, python="3.8", settings={"A": "1", "B": "2"})
        await world.apps.set_sticky(SHOP, ["b"])
        slot = await world.apps.create(STAGING)
        assert (slot.python, slot.functions_version) == ("3.8", "4")
        assert "A" not in await world.apps.settings(STAGING)
        assert await world.apps.connection_string(STAGING) != await world.apps.connection_string(SHOP)
        assert (await world.apps.credentials(STAGING)).user == "$shop__staging"

    run(tmp_path, scenario)


def test_a_swap_loads_both_sides_first_and_switches_them_at_once(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await _both(world)
        await world.apps.swap(SHOP, "staging", "production")
        assert (world.served(SHOP), world.served(STAGING)) == ("new", "old")
        assert [line.split()[0] for line in world.fleet.history] == ["prepare", "prepare", "switch"]
        assert world.fleet.history[-1].count("shop") == 2
        history = await world.apps.deployments.deployments(SHOP)
        assert (history[0].active, history[0].status) == (True, DeploymentStatus.SUCCESS)
        assert history[0].origin.message == "Swapped with shop/staging."
        assert [d.active for d in history[1:]] == [False]
        await world.apps.swap(SHOP, None, "staging")
        assert (world.served(SHOP), world.served(STAGING)) == ("old", "new")

    run(tmp_path, scenario)


def test_a_swap_is_rolled_back_with_a_deployment(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await _both(world)
        await world.apps.swap(SHOP, "staging", None)
        before = (await world.apps.deployments.deployments(SHOP))[1]
        await world.apps.deployments.wait((await world.apps.deployments.redeploy(SHOP, before.id)).id)
        assert world.served(SHOP) == "old"

    run(tmp_path, scenario)


def test_settings_travel_unless_they_are_sticky_and_the_account_stays(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await _both(world)
        accounts = {name: await world.apps.connection_string(name) for name in (SHOP, STAGING)}
        keys = {name: (await (await world.apps.keys(name)).host_keys()).master for name in (SHOP, STAGING)}
        await world.apps.set_sticky(SHOP, ["PLACE", "ConnectionStrings:db"])
        await world.apps.set_cors(SHOP, CorsRules(("https://contoso.com",)))
        await world.apps.set_scale(SHOP, ScaleLimits(1, 4))
        types = {SHOP: ConnectionType.SQL_SERVER, STAGING: ConnectionType.MY_SQL}
        for name, mark in ((SHOP, "shop"), (STAGING, "staging")):
            string = ConnectionString(mark, types[name])
            settings = {**await world.apps.settings(name), "PLACE": mark, "FEATURE": mark}
            await world.apps.set_settings(name, settings)
            await world.apps.set_connection_strings(name, {"db": string, "queue": string})
        await world.apps.swap(SHOP, "staging", None)
        now = world.fleet.current[SHOP].settings
        assert (now["PLACE"], now["FEATURE"]) == ("shop", "staging")
        assert now["ConnectionStrings:db"] == "shop"
        assert now["ConnectionStrings:queue"] == "staging"
        assert world.fleet.current[SHOP].connection_types == {
            "ConnectionStrings:db": ConnectionType.SQL_SERVER,
            "ConnectionStrings:queue": ConnectionType.MY_SQL,
        }
        assert world.fleet.current[SHOP].cors.origins == ("https://contoso.com",)
        assert world.fleet.current[SHOP].scale == ScaleLimits(1, 4)
        for name in (SHOP, STAGING):
            assert world.fleet.current[name].settings["AzureWebJobsStorage"] == accounts[name]
            assert (await (await world.apps.keys(name)).host_keys()).master == keys[name]

    run(tmp_path, scenario)


def test_a_swap_that_would_not_load_changes_nothing(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await _both(world)
        await world.apps.set_sticky(SHOP, ["BREAK"])
        await world.apps.stop(STAGING)
        await world.apps.set_settings(STAGING, {**await world.apps.settings(STAGING), "BREAK": "1"})
        before = [await world.apps.settings(name) for name in (SHOP, STAGING)]
        assert (await refusal(world.apps.swap(SHOP, "staging", None))).code == "AppNotLoadable"
        assert [await world.apps.settings(name) for name in (SHOP, STAGING)] == before
        assert world.served(SHOP) == "old"
        assert world.fleet.prepared == []
        assert len(await world.apps.deployments.deployments(SHOP)) == 1

    run(tmp_path, scenario)


def test_a_switch_that_fails_takes_the_swap_back(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await _both(world)
        world.fleet.switch_error = RuntimeError("no")
        try:
            await world.apps.swap(SHOP, "staging", None)
        except RuntimeError:
            world.fleet.switch_error = None
        assert (world.served(SHOP), world.served(STAGING)) == ("old", "new")
        assert len(await world.apps.deployments.deployments(SHOP)) == 1
        await world.restart()
        assert (world.served(SHOP), world.served(STAGING)) == ("old", "new")

    run(tmp_path, scenario)


def test_a_side_without_a_version_gets_one_and_the_other_has_none_then(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.apps.create(SHOP)
        await world.apps.create(STAGING)
        assert (await refusal(world.apps.swap(SHOP, "staging", None))).status == 400
        assert (await refusal(world.apps.swap(SHOP, "staging", "staging"))).status == 400
        assert (await refusal(world.apps.swap(SHOP, "other", None))).status == 404
        await world.deploy(STAGING, "new")
        await world.apps.swap(SHOP, "staging", None)
        assert (world.served(SHOP), world.served(STAGING)) == ("new", None)
        assert (await world.apps.site(STAGING)).version is None
        assert await world.apps.functions(STAGING) == ()
        await world.restart()
        assert (world.served(SHOP), world.served(STAGING)) == ("new", None)
        await world.apps.swap(SHOP, "staging", None)
        assert (world.served(SHOP), world.served(STAGING)) == (None, "new")

    run(tmp_path, scenario)


def test_a_version_stays_while_any_slot_serves_it(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await _both(world)
        await world.apps.swap(SHOP, "staging", None)
        for number in range(7):
            await world.deploy(STAGING, f"later {number}")
        await world.settled()
        assert world.served(SHOP) == "new"
        await world.apps.delete(STAGING)
        assert world.served(SHOP) == "new"

    run(tmp_path, scenario)
