"""Sites by management calls."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from funchost.errors import RefusedError
from funchost.platform.site import CorsRules, ScaleLimits
from tests.unit.platform.api.fake_server import SHOP, STAGING, WEB, FakeServer

BODY = {
    "location": "local",
    "kind": "functionapp,linux",
    "properties": {"siteConfig": {"linuxFxVersion": "Python|3.11", "appSettings": [{"name": "A", "value": "1"}]}},
}


async def test_a_site_is_created_with_the_python_and_settings_of_the_body(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    answer = await server.manage("PUT", f"{WEB}/sites/Shop?api-version=2023-12-01", BODY)
    assert answer.status == 200
    assert answer.document["name"] == "shop"
    assert answer.document["id"] == f"{WEB}/sites/shop"
    assert answer.properties["enabledHostNames"] == ["shop.localhost:7070", "shop.scm.localhost:7070"]
    assert answer.properties["sku"] == "Standard"
    assert server.apps.settings_of[SHOP]["A"] == "1"


async def test_addresses_are_those_that_work_for_the_caller(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    near = await server.manage("GET", f"{WEB}/sites/shop", host="127.0.0.1:9000")
    far = await server.manage("GET", f"{WEB}/sites/shop", host="example.org")
    assert near.properties["defaultHostName"] == "shop.localhost:9000"
    assert far.properties["defaultHostName"] == "shop.example.org"


async def test_a_site_shows_what_is_wrong_with_it(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    server.apps.errors_of[SHOP] = ("The change was kept, but does not load.",)
    own = (await server.manage("GET", f"{WEB}/sites/shop")).properties["funchost"]
    assert isinstance(own, dict)
    assert own["errors"] == ["The change was kept, but does not load."]


async def test_paths_count_in_any_case_and_names_too(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    answer = await server.manage("GET", f"{WEB}/sites/SHOP/Slots/Staging".replace("resourceGroups", "resourcegroups"))
    assert answer.document["type"] == "Microsoft.Web/sites/slots"
    assert answer.document["name"] == "shop/staging"


async def test_the_slot_named_production_is_the_app(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    assert (await server.manage("GET", f"{WEB}/sites/shop/slots/production")).document["name"] == "shop"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "", {"properties": {"siteConfig": {"linuxFxVersion": "PYTHON|3.12"}}}),
        ("PATCH", "", {"properties": {"siteConfig": {"linuxFxVersion": "python|3.12"}}}),
        ("PUT", "/config/web", {"properties": {"linuxFxVersion": "PYTHON|3.12"}}),
        ("PATCH", "/config/web", {"properties": {"linuxFxVersion": "PYTHON|3.12", "cors": {"allowedOrigins": ["*"]}}}),
        ("PATCH", "/slots/staging", {"properties": {"siteConfig": {"linuxFxVersion": "PYTHON|3.8"}}}),
        ("PUT", "/slots/staging/config/web", {"properties": {"linuxFxVersion": "PYTHON|3.8"}}),
    ],
)
async def test_no_call_changes_the_python_of_an_app(tmp_path: Path, method: str, path: str, body: object) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    answer = await server.manage(method, f"{WEB}/sites/shop{path}", body)
    assert answer.status == 409
    assert "3.11" in answer.message
    assert {site.python for site in server.apps.known.values()} == {"3.11"}
    assert server.apps.known[SHOP].cors == CorsRules()


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_web_changes_cors_scale_and_memory_and_leaves_the_rest(tmp_path: Path, method: str) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    cors = {"allowedOrigins": ["https://a.example"], "supportCredentials": True}
    body = {"properties": {"cors": cors, "functionAppScaleLimit": 3, "limits": {"maxMemoryInMb": 512}}}
    answer = await server.manage(method, f"{WEB}/sites/shop/config/web", body)
    site = server.apps.known[SHOP]
    assert site.cors == CorsRules(("https://a.example",), True)
    assert site.scale == ScaleLimits(0, 3)
    assert site.memory_limit == 512 * 1024 * 1024
    assert answer.properties["cors"] == cors
    await server.manage(method, f"{WEB}/sites/shop/config/web", {"properties": {"minimumElasticInstanceCount": 1}})
    assert server.apps.known[SHOP].scale == ScaleLimits(1, 3)
    assert server.apps.known[SHOP].cors == site.cors


async def test_lists_hold_apps_or_the_slots_of_one(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()

    async def names(path: str) -> list[object]:
        found = (await server.manage("GET", path)).document["value"]
        assert isinstance(found, list)
        return [one["name"] for one in found]

    assert await names(f"{WEB}/sites") == ["shop"]
    assert await names(f"{WEB.partition('/resourceGroups')[0]}/providers/Microsoft.Web/sites") == ["shop"]
    assert await names(f"{WEB}/sites/shop/slots") == ["shop/staging"]


async def test_stop_start_restart_and_delete(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    assert (await server.manage("POST", f"{WEB}/sites/shop/stop")).status == 200
    assert (await server.manage("GET", f"{WEB}/sites/shop")).properties["state"] == "Stopped"
    assert (await server.manage("POST", f"{WEB}/sites/shop/start")).status == 200
    assert server.apps.known[SHOP].running
    assert (await server.manage("POST", f"{WEB}/sites/shop/restart")).status == 200
    assert server.apps.calls == [("restart", SHOP)]
    assert (await server.manage("DELETE", f"{WEB}/sites/shop/slots/staging")).status == 200
    assert STAGING not in server.apps.known


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_the_app_is_neither_made_nor_deleted_as_its_slot_production(tmp_path: Path, method: str) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    refused = await server.manage(method, f"{WEB}/sites/shop/slots/Production", {"properties": {}})
    assert (refused.status, "is the app itself" in refused.message) == (400, True)
    assert SHOP in server.apps.known
    assert (await server.manage("GET", f"{WEB}/sites/shop/slots/production")).status == 200


async def test_an_unknown_site_group_or_subscription_is_not_found(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    missing = await server.manage("GET", f"{WEB}/sites/shop")
    assert (missing.status, missing.message) == (404, "There is no shop. List them.")
    assert (await server.manage("GET", WEB.replace("/funchost/", "/other/") + "/sites")).status == 404
    assert (await server.manage("GET", WEB.replace("00000000-", "11111111-") + "/sites")).status == 404


@pytest.mark.parametrize("name", ["..%2Fetc", "a%2Fb", "-x", "x" * 61, "a.b", "%00", "sh%20op", "ä"])
async def test_a_name_that_cannot_be_one_is_refused(tmp_path: Path, name: str) -> None:
    server = FakeServer(tmp_path)
    for path in (f"{WEB}/sites/{name}", f"{WEB}/sites/shop/slots/{name}"):
        assert (await server.manage("PUT", path, BODY)).status == 400
    assert server.apps.known == {}


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b'{"properties": 1}', b"\xff", b'{"x":' * 9999])
async def test_a_body_that_is_no_site_is_refused(tmp_path: Path, body: bytes) -> None:
    assert (await FakeServer(tmp_path).manage("PUT", f"{WEB}/sites/shop", body)).status == 400


async def test_another_language_is_refused(tmp_path: Path) -> None:
    body = {"properties": {"siteConfig": {"linuxFxVersion": "NODE|20"}}}
    answer = await FakeServer(tmp_path).manage("PUT", f"{WEB}/sites/shop", body)
    assert answer.status == 400
    assert "PYTHON" in answer.message


async def test_a_wrong_verb_is_named(tmp_path: Path) -> None:
    answer = await FakeServer(tmp_path).manage("POST", f"{WEB}/sites/shop")
    assert (answer.status, answer.headers["allow"]) == (405, "DELETE, GET, PATCH, PUT")


async def test_a_swap_is_an_operation_that_the_client_polls(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    begun = await server.manage("POST", f"{WEB}/sites/shop/slotsswap", {"targetSlot": "staging", "preserveVnet": True})
    assert begun.status == 202
    place = begun.headers["location"].removeprefix("http://localhost:7070")
    ended = await server.manage("GET", place)
    while ended.status == 202:
        await asyncio.sleep(0)
        ended = await server.manage("GET", place)
    assert ended.status == 200
    assert server.apps.calls == [("swap", SHOP, None, "staging")]
    await server.management.close()


async def test_a_swap_that_fails_says_why_at_its_end(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    server.apps.swap_refusal = RefusedError("AppNotLoadable", "It does not load.", 409)
    begun = await server.manage("POST", f"{WEB}/sites/shop/slots/staging/slotsswap", {"targetSlot": "production"})
    place = begun.headers["location"].removeprefix("http://localhost:7070")
    ended = await server.manage("GET", place)
    while ended.status == 202:
        await asyncio.sleep(0)
        ended = await server.manage("GET", place)
    assert (ended.status, ended.message) == (409, "It does not load.")
    assert server.apps.calls == [("swap", SHOP, "staging", None)]


@pytest.mark.parametrize("body", [{}, {"targetSlot": "shop2"}, {"targetSlot": "production"}])
async def test_a_swap_needs_another_slot(tmp_path: Path, body: object) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    assert (await server.manage("POST", f"{WEB}/sites/shop/slotsswap", body)).status in (400, 404)


async def test_instances_are_listed(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    found = (await server.manage("GET", f"{WEB}/sites/shop/instances")).document["value"]
    assert isinstance(found, list)
    assert [(one["name"], one["properties"]["state"]) for one in found] == [("i1", "READY")]


async def test_a_body_of_endless_depth_is_refused(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    path = f"{WEB.partition('/resourceGroups')[0]}/providers/Microsoft.Web/checknameavailability"
    assert (await server.manage("POST", path, b'{"x":' * 100_000)).status == 400
    assert server.faults == []


async def test_a_free_name_is_told_from_a_taken_one_and_a_wrong_one(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    path = f"{WEB.partition('/resourceGroups')[0]}/providers/Microsoft.Web/checknameavailability"
    answers = [(await server.manage("POST", path, {"name": name})).document for name in ("new", "SHOP", "a.b")]
    assert [answer["nameAvailable"] for answer in answers] == [True, False, False]
