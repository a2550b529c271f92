"""Apps and slots: made, changed, stopped, removed; every change reaches instances that have loaded, or nothing does."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from funchost.errors import FuncHostError
from funchost.platform.connection_string import ConnectionString, ConnectionType
from funchost.platform.site import CorsRules, ScaleLimits, SiteName
from tests.integration.platform.apps.fakes import SHOP, STAGING, World, refusal, run


def test_a_new_app_has_its_own_account_port_keys_and_settings(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        site = await world.apps.create(SHOP, python="3.8", functions_version="3")
        assert (site.python, site.functions_version, site.running, site.version) == ("3.8", "3", True, None)
        assert site.port == world.gateway.ports[SHOP] == 20000
        settings = await world.apps.settings(SHOP)
        assert settings == {
            "AzureWebJobsStorage": await world.apps.connection_string(SHOP),
            "FUNCTIONS_WORKER_RUNTIME": "python",
            "FUNCTIONS_EXTENSION_VERSION": "~3",
        }
        credentials = await world.apps.credentials(SHOP)
        assert credentials.user == "$shop"
        assert credentials.match("$Shop", credentials.password)
        assert not credentials.match("$shop", "")
        assert credentials.password not in repr(credentials)
        keys = await world.apps.keys(SHOP)
        assert (await keys.host_keys()).master
        assert (await world.apps.sites()) == [site]

    run(tmp_path, scenario)


def test_without_a_version_an_app_gets_the_newest_python(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        assert (await world.apps.create(SHOP)).python == "3.11"
        older = await world.apps.create(SiteName("old"), settings={"FUNCTIONS_EXTENSION_VERSION": "~3"})
        assert (older.python, older.functions_version) == ("3.8", "3")

    run(tmp_path, scenario)


def test_what_cannot_be_made_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.apps.create(SiteName("shop-test"))
        await world.apps.create(SHOP)
        calls = {
            400: [
                world.apps.create(SiteName("scm")),
                world.apps.create(SiteName("../shop")),
                world.apps.create(SiteName("a"), python="3.9"),
                world.apps.create(SiteName("a"), python="3.11", functions_version="3"),
                world.apps.create(SiteName("a"), settings={"A=B": "1"}),
                world.apps.create(SiteName("a"), settings={"FUNCTIONS_WORKER_RUNTIME": "node"}),
            ],
            404: [world.apps.create(SiteName("missing", "test")), world.apps.site(SiteName("a"))],
            409: [
                world.apps.create(SHOP),
                world.apps.create(SiteName("shop", "test")),
                world.apps.create(STAGING, python="3.8"),
                world.apps.create(STAGING, settings={"FUNCTIONS_EXTENSION_VERSION": "~3"}),
            ],
        }
        for status, refused in calls.items():
            for call in refused:
                assert (await refusal(call)).status == status
        assert set(world.storage.accounts) == {SiteName("shop-test"), SHOP}
        assert set(world.gateway.ports) == {SiteName("shop-test"), SHOP}
        assert await world.registry.change(lambda registry: registry.leftovers()) == []

    run(tmp_path, scenario)


def test_a_failure_while_an_app_is_made_leaves_its_name_free(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.storage.error = FuncHostError("no space")
        with pytest.raises(FuncHostError, match="no space"):
            await world.apps.create(SHOP)
        assert await world.apps.sites() == []
        world.storage.error = None
        assert (await world.apps.create(SHOP)).port == 20000

    run(tmp_path, scenario)


def test_many_creations_at_once_get_names_and_ports_of_their_own(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        names = [SiteName(f"app{number}") for number in range(8)]
        made = await asyncio.gather(*(world.apps.create(name) for name in names))
        assert {site.port for site in made} == set(range(20000, 20008))
        twice = await asyncio.gather(*(world.apps.create(SHOP) for _ in range(3)), return_exceptions=True)
        assert sum(isinstance(result, FuncHostError) for result in twice) == 2

    run(tmp_path, scenario)


def test_a_site_without_a_free_port_is_made_without_one(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.gateway.foreign = set(range(20000, 20009))
        assert (await world.apps.create(SHOP)).port == 20009
        assert (await world.apps.create(SiteName("other"))).port is None

    run(tmp_path, scenario)


def test_a_port_that_another_program_took_is_replaced_at_the_next_start(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.apps.create(SHOP)
        world.gateway.foreign = {20000}
        await world.restart()
        assert (await world.apps.site(SHOP)).port == 20001
        assert "Port 20000 is used by another program" in world.logs.notes[-1][1]

    run(tmp_path, scenario)


def test_settings_reach_instances_that_have_loaded_with_them(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.shop()
        before = world.fleet.current[SHOP]
        await world.apps.set_settings(SHOP, {**await world.apps.settings(SHOP), "GREETING": "hello"})
        after = world.fleet.current[SHOP]
        assert after.number > before.number
        assert after.settings["GREETING"] == "hello"
        strings = {"db": ConnectionString("Server=x")}
        await world.apps.set_connection_strings(SHOP, strings)
        assert world.fleet.current[SHOP].settings["ConnectionStrings:db"] == "Server=x"
        assert await world.apps.connection_strings(SHOP) == strings
        number = world.fleet.current[SHOP].number
        await world.apps.set_connection_strings(SHOP, {"db": ConnectionString("Server=x", ConnectionType.SQL_SERVER)})
        assert world.fleet.current[SHOP].number > number
        assert world.fleet.current[SHOP].connection_types == {"ConnectionStrings:db": ConnectionType.SQL_SERVER}
        await world.restart()
        assert world.fleet.current[SHOP].connection_types == {"ConnectionStrings:db": ConnectionType.SQL_SERVER}

    run(tmp_path, scenario)


def test_what_instances_do_not_see_makes_no_new_ones(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.shop()
        history = list(world.fleet.history)
        settings = await world.apps.settings(SHOP)
        await world.apps.set_settings(SHOP, settings)
        await world.apps.set_settings(SHOP, {**settings, "SCM_DO_BUILD_DURING_DEPLOYMENT": "1", "PIP_NO_INDEX": "1"})
        await world.apps.set_sticky(SHOP, ["A"])
        await world.apps.reset_credentials(SHOP)
        await world.apps.set_scale(SHOP, ScaleLimits(1, 3))
        assert world.fleet.history == history
        assert world.fleet.limits[SHOP] == ScaleLimits(1, 3)
        assert (await world.apps.settings(SHOP))["PIP_NO_INDEX"] == "1"

    run(tmp_path, scenario)


def test_settings_with_which_the_app_does_not_load_are_kept_and_the_old_ones_serve(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.shop()
        good = await world.apps.settings(SHOP)
        await world.apps.set_settings(SHOP, {**good, "BREAK": "1"})
        assert (await world.apps.settings(SHOP))["BREAK"] == "1"
        assert "BREAK" not in world.fleet.current[SHOP].settings
        assert "ImportError" in await world.apps.problem(SHOP)
        assert "ImportError" in (await world.apps.errors(SHOP))[0]
        assert "what ran goes on" in world.logs.notes[-1][1]
        await world.restart()
        assert "BREAK" not in world.fleet.current[SHOP].settings
        assert "ImportError" in await world.apps.problem(SHOP)
        await world.apps.set_settings(SHOP, {**good, "BREAK": "0"})
        assert world.fleet.current[SHOP].settings["BREAK"] == "0"
        assert await world.apps.problem(SHOP) == ""

    run(tmp_path, scenario)


def test_taking_a_bad_setting_back_needs_no_new_instances(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.shop()
        good = await world.apps.settings(SHOP)
        await world.apps.set_settings(SHOP, {**good, "BREAK": "1"})
        history = list(world.fleet.history)
        await world.apps.set_settings(SHOP, good)
        assert world.fleet.history == history
        assert await world.apps.problem(SHOP) == ""

    run(tmp_path, scenario)


def test_the_own_account_follows_the_ports_of_storage(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.shop()
        before = await world.apps.settings(SHOP)
        await world.apps.set_settings(SHOP, {**before, "Orders": before["AzureWebJobsStorage"]})
        world.storage.port = 9999
        await world.restart()
        settings = await world.apps.settings(SHOP)
        assert settings["Orders"] == settings["AzureWebJobsStorage"] == await world.apps.connection_string(SHOP)
        assert ":9999/" in world.fleet.current[SHOP].settings["Orders"]

    run(tmp_path, scenario)


def test_cors_and_memory_limit_reach_the_instances_in_one_form(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.shop()
        await world.apps.set_cors(SHOP, CorsRules((" https://contoso.com/", "https://contoso.com"), True))
        assert world.fleet.current[SHOP].cors == CorsRules(("https://contoso.com",), True)
        await world.apps.set_memory_limit(SHOP, 2**30)
        assert world.fleet.current[SHOP].memory_limit == 2**30
        for call in (
            world.apps.set_cors(SHOP, CorsRules(("contoso.com",))),
            world.apps.set_cors(SHOP, CorsRules(("*",), True)),
            world.apps.set_scale(SHOP, ScaleLimits(2, 1)),
            world.apps.set_memory_limit(SHOP, 1),
        ):
            assert (await refusal(call)).status == 400

    run(tmp_path, scenario)


def test_the_python_of_an_app_is_fixed(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.apps.create(SHOP, python="3.11")
        refused = await refusal(world.apps.create(STAGING, python="3.8"))
        assert refused.status == 409
        assert "fixed when an app is created" in refused.message
        settings = await world.apps.settings(SHOP)
        call = world.apps.set_settings(SHOP, {**settings, "FUNCTIONS_EXTENSION_VERSION": "~3"})
        assert "does not take Python 3.11" in (await refusal(call)).message
        assert (await world.apps.settings(SHOP)) == settings

    run(tmp_path, scenario)


def test_stop_start_and_restart(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.shop()
        number = world.fleet.current[SHOP].number
        await world.apps.restart(SHOP)
        assert world.fleet.current[SHOP].number > number
        await world.apps.stop(SHOP)
        assert SHOP not in world.fleet.current
        assert (await refusal(world.apps.restart(SHOP))).status == 409
        await world.restart()
        assert SHOP not in world.fleet.current
        await world.apps.set_settings(SHOP, {"A": "1"})
        assert SHOP not in world.fleet.current
        await world.apps.start(SHOP)
        assert world.fleet.current[SHOP].settings == {"A": "1"}
        await world.apps.start(SHOP)

    run(tmp_path, scenario)


def test_an_app_that_does_not_load_at_its_start_serves_as_it_last_did(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.shop()
        await world.apps.stop(SHOP)
        await world.apps.set_settings(SHOP, {"BREAK": "1"})
        await world.apps.start(SHOP)
        assert "BREAK" not in world.fleet.current[SHOP].settings
        assert await world.apps.problem(SHOP)
        assert (await refusal(world.apps.restart(SHOP))).code == "AppNotLoadable"

    run(tmp_path, scenario)


def test_a_deleted_app_leaves_nothing_and_gives_its_port_back(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.shop()
        await world.apps.create(STAGING)
        await world.deploy(STAGING, "two")
        key = (await (await world.apps.keys(SHOP)).host_keys()).master
        old = await world.apps.credentials(SHOP)
        await world.apps.delete(SHOP)
        assert await world.apps.sites() == []
        assert (world.storage.accounts, world.gateway.ports, world.fleet.current) == ({}, {}, {})
        for folder in ("versions", "packages", "deployments", "sites", "scratch"):
            assert list((tmp_path / folder).iterdir()) == []
        assert (await refusal(world.apps.delete(SHOP))).status == 404
        assert (await world.apps.create(SHOP)).port == 20000
        assert (await (await world.apps.keys(SHOP)).host_keys()).master != key
        assert (await world.apps.credentials(SHOP)).password != old.password

    run(tmp_path, scenario)


def test_changes_of_one_app_wait_for_each_other_and_not_for_those_of_others(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.shop()
        await world.apps.create(SiteName("other"))
        world.fleet.gate = asyncio.Event()
        first = asyncio.create_task(world.apps.set_settings(SHOP, {"A": "1"}))
        second = asyncio.create_task(world.apps.set_settings(SHOP, {"A": "2"}))
        await world.apps.set_settings(SiteName("other"), {"B": "1"})
        assert not first.done()
        assert not second.done()
        world.fleet.gate.set()
        await asyncio.gather(first, second)
        assert world.fleet.current[SHOP].settings == {"A": "2"}

    run(tmp_path, scenario)


def test_a_change_goes_on_when_its_caller_goes_away(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.shop()
        world.fleet.gate = asyncio.Event()
        call = asyncio.create_task(world.apps.set_settings(SHOP, {"A": "1"}))
        while not world.fleet.history[-1].startswith("prepare"):
            await asyncio.sleep(0)
        call.cancel()
        world.fleet.gate.set()
        await world.apps.close()
        assert world.fleet.current[SHOP].settings == {"A": "1"}

    run(tmp_path, scenario)


def test_two_hundred_apps_are_served_again_quickly_after_a_restart(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        names = [SiteName(f"app{number}") for number in range(200)]
        for name in names:
            await world.apps.create(name)
        await world.deploy(names[0])
        began = asyncio.get_running_loop().time()
        await world.restart()
        assert asyncio.get_running_loop().time() - began < 30
        assert len(await world.apps.sites()) == 200
        assert len([line for line in world.fleet.history if line.startswith("prepare")]) == 0

    run(tmp_path, scenario)
