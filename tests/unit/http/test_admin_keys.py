from __future__ import annotations

from pathlib import Path

import pytest

from funchost.app.function_app import FunctionError
from tests.unit.http.admin_site import AdminSite, function_of, json_of

BASE = "http://localhost:7071"


@pytest.mark.parametrize("path", ["/admin/host/keys", "/admin/host/functionkeys", "/admin/functions/F/keys"])
async def test_a_set_lists_its_keys_and_a_link_to_itself(tmp_path: Path, path: str) -> None:
    site = AdminSite(tmp_path, function_of(tmp_path, "F"))
    listed = json_of(await site.call("GET", path + "?code=x"))
    assert isinstance(listed, dict)
    assert [key["name"] for key in listed["keys"]] == ["default"]
    assert listed["links"] == [{"rel": "self", "href": BASE + path}]
    key = listed["keys"][0]
    assert json_of(await site.call("GET", path + "/default")) == {
        **key,
        "links": [{"rel": "self", "href": f"{BASE}{path}/default"}],
    }


async def test_there_are_no_system_keys_at_first(tmp_path: Path) -> None:
    listed = json_of(await AdminSite(tmp_path).call("GET", "/admin/host/systemkeys"))
    assert isinstance(listed, dict)
    assert listed["keys"] == []


@pytest.mark.parametrize("path", ["/admin/host/functionkeys", "/admin/host/systemkeys", "/admin/functions/f/keys"])
async def test_post_makes_and_rotates_put_sets_and_delete_removes(tmp_path: Path, path: str) -> None:
    site = AdminSite(tmp_path, function_of(tmp_path, "F"))
    made = await site.call("POST", f"{path}/mine")
    rotated = await site.call("POST", f"{path}/MINE")
    assert (made.status, rotated.status) == (201, 200)
    first, second = json_of(made), json_of(rotated)
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert len(first["value"]) == 56
    assert first["value"] != second["value"]
    assert second["name"] == "mine"
    put = await site.call("PUT", f"{path}/own", {"name": "own", "value": "my-value"})
    again = await site.call("PUT", f"{path}/own", {"value": "other"})
    assert (put.status, again.status) == (201, 200)
    shown = json_of(await site.call("GET", f"{path}/own"))
    assert isinstance(shown, dict)
    assert shown["value"] == "other"
    assert (await site.call("DELETE", f"{path}/own")).status == 204
    assert (await site.call("DELETE", f"{path}/own")).status == 404
    assert (await site.call("GET", f"{path}/own")).status == 404


@pytest.mark.parametrize("value", [{}, {"value": None}, {"value": ""}, {"value": "a b"}, {"value": "ä"}])
async def test_a_value_that_no_client_could_send_is_refused(tmp_path: Path, value: object) -> None:
    got = await AdminSite(tmp_path).call("PUT", "/admin/host/functionkeys/x", value)
    assert (got.status, got.body) == (400, b"Invalid key value")


@pytest.mark.parametrize("name", ["_x", "a%20b", "a%2Fb", "x" * 128])
async def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    got = await AdminSite(tmp_path).call("POST", f"/admin/host/systemkeys/{name}")
    assert (got.status, got.body) == (400, b"Invalid key name.")


async def test_the_master_key_is_read_rotated_and_set_but_not_removed(tmp_path: Path) -> None:
    site = AdminSite(tmp_path)
    path = "/admin/host/systemkeys/_master"
    before = json_of(await site.call("GET", path))
    rotated = json_of(await site.call("POST", path))
    assert isinstance(before, dict)
    assert isinstance(rotated, dict)
    assert before["name"] == "_master"
    assert before["value"] != rotated["value"] == (await site.keys.host_keys()).master
    assert (await site.call("PUT", path, {"value": "mine"})).status == 200
    assert (await site.keys.host_keys()).master == "mine"
    deleted = await site.call("DELETE", path)
    assert (deleted.status, deleted.body) == (400, b"Cannot delete System Key.")


async def test_only_existing_functions_have_keys(tmp_path: Path) -> None:
    broken = FunctionError("not a name", "wrong")
    site = AdminSite(tmp_path, errors=(broken,))
    for name in ("Nobody", "host", "..", "not%20a%20name"):
        assert (await site.call("GET", f"/admin/functions/{name}/keys")).status == 404
        assert (await site.call("POST", f"/admin/functions/{name}/keys/x")).status == 404
    assert not (tmp_path / ".funchost").exists()
