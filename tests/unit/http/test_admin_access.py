from __future__ import annotations

from pathlib import Path

import pytest

from funchost.http.admin_access import is_developer
from funchost.http.keys import FUNCTION_KEYS, SYSTEM_KEYS, KeySet
from tests.unit.http.admin_site import AdminSite, function_of
from tests.unit.http.apps import request_scope

ENDPOINTS = [
    ("GET", "/admin/host/status"),
    ("GET", "/admin/host/keys"),
    ("POST", "/admin/host/restart"),
    ("GET", "/admin/functions"),
    ("GET", "/admin/functions/download"),
    ("POST", "/admin/functions/F"),
    ("DELETE", "/admin/functions/F"),
]


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
async def test_enforced_keys_without_a_key_are_401(tmp_path: Path, method: str, path: str) -> None:
    site = AdminSite(tmp_path, function_of(tmp_path, "F"), enforce_keys=True)
    got = await site.call(method, path)
    assert (got.status, got.body) == (401, b"")


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
async def test_a_foreign_page_gets_403_from_a_development_host(tmp_path: Path, method: str, path: str) -> None:
    site = AdminSite(tmp_path, function_of(tmp_path, "F"))
    got = await site.call(method, path, headers=((b"origin", b"https://evil.example"),))
    assert (got.status, got.body) == (403, b"")
    assert site.control.invoked == []


async def test_only_the_master_key_opens_an_enforcing_host(tmp_path: Path) -> None:
    site = AdminSite(tmp_path, function_of(tmp_path, "F"), enforce_keys=True)
    host = await site.keys.host_keys()
    own = await site.keys.keys(KeySet("keys", "F"))
    system, _ = await site.keys.put(SYSTEM_KEYS, "blobs_extension", None)

    async def status_with(key: str) -> int:
        return (await site.call("GET", "/admin/host/status", headers=((b"x-functions-key", key.encode()),))).status

    assert await status_with(host.master) == 200
    assert await status_with("nonsense") == 401
    assert await status_with(own["default"]) == 401  # a function's key proves nothing outside of it
    assert await status_with(host.function["default"]) == 403
    assert await status_with(system) == 403


async def test_the_key_may_stand_in_the_query_but_the_header_wins(tmp_path: Path) -> None:
    site = AdminSite(tmp_path, enforce_keys=True)
    master = (await site.keys.host_keys()).master
    quoted = master.replace("=", "%3D")
    assert (await site.call("GET", f"/admin/host/status?code={quoted}")).status == 200
    wrong = ((b"x-functions-key", b"wrong"),)
    assert (await site.call("GET", f"/admin/host/status?code={quoted}", headers=wrong)).status == 401


async def test_a_development_host_serves_local_tools_and_owners_of_the_master_key(tmp_path: Path) -> None:
    site = AdminSite(tmp_path)
    master = ((b"x-functions-key", (await site.keys.host_keys()).master.encode()),)
    assert (await site.call("GET", "/admin/host/status")).status == 200
    assert (await site.call("GET", "/admin/host/status", client="10.0.0.5")).status == 403
    assert (await site.call("GET", "/admin/host/status", headers=master, client="10.0.0.5")).status == 200


@pytest.mark.parametrize("enforce", [True, False])
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/admin/host/ping"), ("POST", "/ADMIN/Host/Ping"), ("GET", "/admin/warmup")]
)
async def test_probes_need_no_key(tmp_path: Path, enforce: bool, method: str, path: str) -> None:
    got = await AdminSite(tmp_path, enforce_keys=enforce).call(method, path, client="10.0.0.5")
    assert (got.status, got.body) == (200, b"")


async def test_webhooks_tell_strangers_nothing(tmp_path: Path) -> None:
    site = AdminSite(tmp_path, enforce_keys=True)
    host = await site.keys.host_keys()
    system, _ = await site.keys.put(SYSTEM_KEYS, "blobs_extension", None)

    async def status_with(key: str) -> int:
        quoted = key.replace("=", "%3D")
        return (await site.call("POST", f"/runtime/webhooks/Blobs?code={quoted}")).status

    assert (await site.call("POST", "/runtime/webhooks/blobs")).status == 401
    assert await status_with("nonsense") == 401
    assert await status_with((await site.keys.keys(FUNCTION_KEYS))["default"]) == 403
    assert await status_with(system) == 404
    assert await status_with(host.master) == 404
    assert (await site.call("POST", "/runtime/webhooks")).status == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin"),
        ("GET", "/admin/"),
        ("GET", "/admin/vfs/host.json"),
        ("GET", "/admin/host/processes"),
        ("POST", "/admin/host/extensions"),
        ("POST", "/admin/instance/assign"),
        ("POST", "/admin/host/status"),
        ("GET", "/admin/host/status/more"),
        ("GET", "/admin/functions//status"),
    ],
)
async def test_what_does_not_exist_is_404(tmp_path: Path, method: str, path: str) -> None:
    assert (await AdminSite(tmp_path).call(method, path)).status == 404


@pytest.mark.parametrize(
    "headers",
    [
        (),
        ((b"origin", b"http://localhost:7071"),),
        ((b"origin", b"http://localhost:3000"),),
        ((b"origin", b"https://[::1]:7071"),),
        ((b"sec-fetch-site", b"same-origin"),),
        ((b"sec-fetch-site", b"same-site"),),
        ((b"sec-fetch-site", b"none"),),
    ],
)
def test_tools_and_pages_that_this_machine_serves_are_the_developers(headers: tuple[tuple[bytes, bytes], ...]) -> None:
    assert is_developer(request_scope("POST", "/admin/functions/f", headers))


@pytest.mark.parametrize(
    "headers",
    [
        ((b"origin", b"https://evil.example"),),
        ((b"origin", b"null"),),
        ((b"origin", b"https://localhost.evil.example"),),
        ((b"origin", b"http://localhost:7071"), (b"origin", b"https://evil.example")),
        ((b"origin", b"http://[bad"),),
        ((b"sec-fetch-site", b"cross-site"),),
    ],
)
def test_a_page_of_another_site_is_not_the_developers(headers: tuple[tuple[bytes, bytes], ...]) -> None:
    assert not is_developer(request_scope("POST", "/admin/functions/f", headers))


@pytest.mark.parametrize("name", [b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"])
def test_what_a_tunnel_or_proxy_on_this_machine_passes_on_is_not_the_developers(name: bytes) -> None:
    assert not is_developer(request_scope("GET", "/admin/host/keys", ((name, b"203.0.113.9"),)))


def test_neither_a_rebound_name_nor_another_machine_is_the_developers() -> None:
    scope = request_scope("POST", "/admin/functions/f")
    scope["headers"] = [(b"host", b"evil.example:7071")]
    assert not is_developer(scope)
    scope["headers"] = []
    assert not is_developer(scope)
    assert not is_developer(request_scope("POST", "/admin/functions/f", client="10.0.0.5"))
