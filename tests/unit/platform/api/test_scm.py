"""Deployments, settings, functions and logs over the SCM API."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.unit.platform.api.fake_server import PASSWORD, SHOP, FakeServer, basic


async def deployed(folder: Path) -> FakeServer:
    server = FakeServer(folder)
    await server.shop()
    await server.call_scm("POST", "/api/zipdeploy?isAsync=true", b"zip")
    return server


async def test_a_deployment_is_202_until_it_has_ended(tmp_path: Path) -> None:
    server = await deployed(tmp_path)
    pending = await server.call_scm("GET", "/api/deployments/latest")
    assert (pending.status, pending.document["status"], pending.document["complete"]) == (202, 0, False)
    assert pending.document["progress"] == "waiting"
    await server.deployments.wait("d1")
    ended = await server.call_scm("GET", "/deployments/d1?deployer=x&time=y")
    assert (ended.status, ended.document["status"], ended.document["complete"]) == (200, 4, True)
    assert ended.document["end_time"] == "2023-11-14T22:13:23.000000Z"
    assert ended.document["last_success_end_time"] == ended.document["end_time"]
    assert ended.document["site_name"] == "shop"


async def test_deployments_are_listed_the_newest_first(tmp_path: Path) -> None:
    server = await deployed(tmp_path)
    await server.call_scm("POST", "/api/zipdeploy", b"zip2")
    found = (await server.call_scm("GET", "/deployments")).json()
    assert isinstance(found, list)
    assert [one["id"] for one in found] == ["d2", "d1"]
    assert (await server.call_scm("GET", "/deployments", site="shop-staging")).json() == []


async def test_log_entries_have_times_of_their_own(tmp_path: Path) -> None:
    server = await deployed(tmp_path)
    found = (await server.call_scm("GET", "/api/deployments/d1/log")).json()
    assert isinstance(found, list)
    times = [entry["log_time"] for entry in found]
    assert times == sorted(set(times))
    assert [entry["type"] for entry in found] == [0, 0, 2]
    later = (await server.call_scm("GET", "/deployments/d1/log?after=2")).json()
    assert later == found[2:]
    assert (await server.call_scm("GET", "/deployments/d1/log/1")).json() == [found[1]]
    assert (await server.call_scm("GET", "/deployments/d1/log/9")).status == 404
    assert (await server.call_scm("GET", "/deployments/d1/log?after=x")).status == 400


async def test_a_deployment_of_another_site_is_not_found(tmp_path: Path) -> None:
    server = await deployed(tmp_path)
    for path in ("/api/deployments/d1", "/api/deployments/d1/log", "/api/deployments/..%2F..%2Fd1"):
        assert (await server.call_scm("GET", path, site="shop-staging")).status == 404


async def test_redeploying_waits_for_its_end_or_not(tmp_path: Path) -> None:
    server = await deployed(tmp_path)
    await server.deployments.wait("d1")
    again = await server.call_scm("PUT", "/api/deployments/d1")
    assert (again.status, again.document["id"], again.document["status"]) == (200, "d2", 4)
    assert (await server.call_scm("PUT", "/api/deployments/d1?isAsync=true")).status == 202


async def test_a_deployment_that_serves_is_not_deleted(tmp_path: Path) -> None:
    server = await deployed(tmp_path)
    server.deployments.known[0] = replace(server.deployments.known[0], active=True)
    assert (await server.call_scm("DELETE", "/api/deployments/d1")).status == 409
    server.deployments.known[0] = replace(server.deployments.known[0], active=False)
    assert (await server.call_scm("DELETE", "/api/deployments/d1")).status == 204


async def test_isdeploying_is_a_text(tmp_path: Path) -> None:
    server = await deployed(tmp_path)
    assert (await server.call_scm("GET", "/api/isdeploying")).document == {"value": "False"}
    server.deployments.busy = True
    assert (await server.call_scm("GET", "/isdeploying")).document == {"value": "True"}


async def test_settings_are_read_merged_and_deleted(tmp_path: Path) -> None:
    server = await deployed(tmp_path)
    assert (await server.call_scm("POST", "/api/settings", {"A": "1", "B": "2"})).status == 204
    assert (await server.call_scm("GET", "/settings")).document == {"AzureWebJobsStorage": "own", "A": "1", "B": "2"}
    assert (await server.call_scm("GET", "/api/settings/A")).json() == "1"
    assert (await server.call_scm("DELETE", "/api/settings/A")).status == 204
    assert (await server.call_scm("GET", "/api/settings/A")).status == 404
    assert server.apps.settings_of[SHOP] == {"AzureWebJobsStorage": "own", "B": "2"}


async def test_functions_and_their_secrets(tmp_path: Path) -> None:
    server = await deployed(tmp_path)
    found = (await server.call_scm("GET", "/api/functions")).json()
    assert isinstance(found, list)
    assert found[0]["invoke_url_template"] == "http://shop.localhost:7070/api/hello"
    secrets = (await server.call_scm("POST", "/api/functions/Hello/listsecrets")).document
    assert secrets["trigger_url"] == f"http://shop.localhost:7070/api/hello?code={secrets['key']}"
    master = (await server.call_scm("GET", "/api/functions/admin/masterkey")).document["masterKey"]
    assert master == (await (await server.apps.keys(SHOP)).host_keys()).master
    assert (await server.call_scm("POST", "/api/functions/synctriggers")).status == 200


async def test_the_log_stream_begins_with_a_welcome_and_ends_with_the_log(tmp_path: Path) -> None:
    server = await deployed(tmp_path)
    server.surroundings.lines = [b"one\n", b"two\n"]
    answer = await server.call_scm("GET", "/api/logstream/application")
    lines = answer.body.decode().splitlines()
    assert answer.headers["content-type"].startswith("text/plain")
    assert "Welcome" in lines[0]
    assert lines[1:3] == ["one", "two"]
    assert lines[3].endswith("The log stream has ended.")


async def test_publishing_credentials_open_their_own_site(tmp_path: Path) -> None:
    server = await deployed(tmp_path)
    password = f"{PASSWORD}-shop"
    for user in ("$shop", "$SHOP"):
        assert (await server.call_scm("GET", "/api/settings", authorization=basic(user, password))).status == 200
    staging = basic("$shop__staging", f"{PASSWORD}-shop-staging")
    assert (await server.call_scm("GET", "/api/settings", site="shop-staging", authorization=staging)).status == 200
    assert (await server.call_scm("GET", "/api/settings", authorization=staging)).status == 401
