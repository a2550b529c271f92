"""What an instance's app sees, and what strangers see of it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from funchost.http.keys import FUNCTION_KEYS
from funchost.logs import HostLog, LogFilter
from funchost.platform.keys import key_store
from funchost.platform.placement.placement import Instance
from funchost.platform.site import CorsRules, SiteName
from tests.integration.platform.placement.placing import (
    SECONDS,
    SECRET,
    SHOP,
    Parts,
    get,
    placing,
    processes,
    request,
    until,
)
from tests.unit.http.apps import Lines

STAGING = SiteName("shop", "staging")


async def environment_of(parts: Parts, site: SiteName, **settings: str) -> dict[str, str]:
    instance = await parts.ready(await parts.revision(site, settings=settings))
    status, text = await get(instance, "/api/environment")
    assert status == 200
    found: dict[str, str] = json.loads(text)
    assert found["WEBSITE_INSTANCE_ID"] == instance.id
    return found


async def until_opened(instance: Instance, key: str) -> None:
    async with asyncio.timeout(SECONDS):
        while (await get(instance, "/api/locked", {"x-functions-key": key}))[0] != 200:
            await asyncio.sleep(0.1)


async def test_an_app_sees_its_settings_and_who_it_is(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        found = await environment_of(parts, STAGING, GREETING="hello", **{"ConnectionStrings:db": "Server=there"})
        assert found["GREETING"] == "hello"
        assert found["ConnectionStrings:db"] == found["CUSTOMCONNSTR_db"] == "Server=there"
        assert (found["WEBSITE_SITE_NAME"], found["WEBSITE_SLOT_NAME"]) == ("shop", "staging")
        assert found["WEBSITE_HOSTNAME"] == "shop-staging.localhost"
        assert found["AZURE_FUNCTIONS_ENVIRONMENT"] == "Production"
        assert found["cwd"] == found["AzureWebJobsScriptRoot"]
        assert "AccountName=shopstaging" in found["AzureWebJobsStorage"]


async def test_an_app_sees_nothing_of_the_servers_environment(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        found = await environment_of(parts, SHOP)
        assert "PYTEST_CURRENT_TEST" not in found
        assert "PYTHONPATH" not in found
        assert not found["HOME"].startswith("/root")


async def test_temporary_files_are_an_instances_own(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        one = await environment_of(parts, SHOP)
        other = await environment_of(parts, STAGING)
        assert one["tempfile"] == one["TMPDIR"] != other["TMPDIR"]
        assert Path(one["TMPDIR"]).is_relative_to(parts.data.instance(one["WEBSITE_INSTANCE_ID"]))
        assert Path(one["TMPDIR"]).stat().st_mode & 0o777 == 0o700


async def test_keys_are_asked_for_whatever_the_settings_say(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        settings = {"AZURE_FUNCTIONS_ENVIRONMENT": "Development"}
        instance = await parts.ready(await parts.revision(settings=settings))
        assert (await get(instance, "/api/locked"))[0] == 401
        assert (await get(instance, "/admin/host/status"))[0] == 401


async def test_a_key_that_is_set_on_the_server_opens_the_function_within_seconds(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        instance = await parts.ready(await parts.revision())
        keys = key_store(parts.data, SHOP, SECRET, HostLog(Lines(), LogFilter({})))
        for number in range(2):
            value, _ = await keys.put(FUNCTION_KEYS, "mine", f"a-key-of-the-tests-own-{number}")
            await until_opened(instance, value)


async def test_no_secret_stands_in_the_process_list(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        instance = await parts.ready(await parts.revision(settings={"PASSWORD": "correct-horse"}))
        host, worker, _ = await processes(instance)
        for pid in (host, worker):
            assert b"correct-horse" not in Path(f"/proc/{pid}/cmdline").read_bytes()
            assert parts.keys[SHOP].encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
        assert b"correct-horse" not in Path(f"/proc/{host}/environ").read_bytes()


async def test_the_host_answers_preflight_for_the_sites_origins(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        instance = await parts.ready(await parts.revision(cors=CorsRules(("https://a.example",), credentials=True)))
        asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
        answer = await request(instance, "OPTIONS", "/api/environment", asked)
        assert answer.status == 204
        assert answer.headers["access-control-allow-origin"] == "https://a.example"
        assert answer.headers["access-control-allow-credentials"] == "true"
        foreign = await request(instance, "OPTIONS", "/api/environment", {**asked, "Origin": "https://b.example"})
        assert "access-control-allow-origin" not in foreign.headers


async def test_nothing_is_written_into_the_version(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        instance = await parts.ready(await parts.revision(), listening=True)
        await get(instance, "/api/environment")
        folder = parts.data.version("platform_instances")
        assert sorted(path.name for path in folder.rglob("*")) == ["function_app.py", "host.json"]


async def test_the_log_holds_the_instances_lines(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        instance = await parts.ready(await parts.revision())
        log = parts.data.logs(SHOP) / "app.log"
        await until(lambda: log.exists() and b"Worker process started" in log.read_bytes())
        assert all(line.startswith(instance.id[:8].encode()) for line in log.read_bytes().splitlines())
