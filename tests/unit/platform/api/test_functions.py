"""Functions and keys by management calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.platform.api.fake_server import SHOP, WEB, FakeServer

SITE = f"{WEB}/sites/shop"


async def test_functions_are_listed_with_url_and_trigger(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    listed = (await server.manage("GET", f"{SITE}/functions")).document["value"]
    assert isinstance(listed, list)
    assert listed[0]["name"] == "shop/Hello"
    properties = listed[0]["properties"]
    assert properties["invoke_url_template"] == "http://shop.localhost:7070/api/hello"
    assert properties["config"]["bindings"] == [{"type": "httpTrigger", "name": "req"}]
    assert (await server.manage("GET", f"{SITE}/functions/hello")).properties == properties


async def test_host_keys_are_listed_set_replaced_and_deleted(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    keys = await server.apps.keys(SHOP)
    listed = (await server.manage("POST", f"{SITE}/host/default/listkeys")).document
    assert listed["masterKey"] == (await keys.host_keys()).master
    given = {"properties": {"name": "ci", "value": "secret-value"}}
    made = await server.manage("PUT", f"{SITE}/host/default/functionKeys/ci", given)
    assert (made.status, made.properties["value"]) == (201, "secret-value")
    assert (await server.manage("PUT", f"{SITE}/host/default/functionkeys/CI", {"value": "next"})).status == 200
    assert (await keys.host_keys()).function["ci"] == "next"
    assert (await server.manage("DELETE", f"{SITE}/host/default/functionkeys/ci")).status == 204
    assert (await server.manage("DELETE", f"{SITE}/host/default/functionkeys/ci")).status == 404


async def test_a_key_without_a_value_is_made(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    answer = await server.manage("PUT", f"{SITE}/functions/Hello/keys/mine", {"properties": {"name": "mine"}})
    listed = (await server.manage("POST", f"{SITE}/functions/hello/listkeys")).document
    assert answer.status == 201
    assert len(str(answer.properties["value"])) == 56
    assert listed["mine"] == answer.properties["value"]
    assert (await server.manage("DELETE", f"{SITE}/functions/Hello/keys/mine")).status == 204


async def test_the_master_key_is_replaced_and_never_deleted(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    await server.manage("PUT", f"{SITE}/host/default/systemkeys/_master", {"properties": {"value": "new-master"}})
    assert (await (await server.apps.keys(SHOP)).host_keys()).master == "new-master"
    assert (await server.manage("DELETE", f"{SITE}/host/default/systemkeys/_master")).status == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("host/default/otherkeys/a", {}),
        ("host/default/functionkeys/a%2Fb", {}),
        ("host/default/functionkeys/" + "k" * 200, {}),
        ("host/default/functionkeys/a", {"properties": {"value": "with space"}}),
        ("host/default/functionkeys/a", {"properties": {"value": "x" * 2000}}),
        ("functions/Hello/keys/..%2F..%2Fhost", {}),
        ("functions/..%2Fhost/keys/a", {}),
        ("functions/Other/keys/a", {}),
    ],
)
async def test_a_key_that_cannot_be_is_refused(tmp_path: Path, path: str, body: object) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    assert (await server.manage("PUT", f"{SITE}/{path}", body)).status in (400, 404)


async def test_triggers_can_be_synchronised(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    assert (await server.manage("POST", f"{SITE}/host/default/sync")).status == 204
    assert (await server.manage("POST", f"{SITE}/syncfunctiontriggers")).status == 204
