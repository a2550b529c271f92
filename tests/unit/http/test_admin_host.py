from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pytest

from funchost.app.host_json import HostConfig
from funchost.http.control import HostState
from tests.unit.http.admin_site import AdminSite, json_of


async def test_ping_may_not_be_cached(tmp_path: Path) -> None:
    got = await AdminSite(tmp_path).call("GET", "/admin/host/ping")
    assert got.header(b"cache-control") == [b"no-store,no-cache"]


async def test_warm_up_runs_the_apps_warm_up(tmp_path: Path) -> None:
    site = AdminSite(tmp_path)
    await site.call("GET", "/admin/warmup")
    assert site.control.told == ["warm up"]


async def test_status_has_the_members_that_tools_read(tmp_path: Path) -> None:
    site = AdminSite(tmp_path)
    assert json_of(await site.call("GET", "/admin/host/status")) == {
        "id": "host-id",
        "state": "Running",
        "version": "1.2",
        "versionDetails": "1.2+abc",
        "instanceId": "i1",
        "computerName": "pc",
        "processUptime": 1234,
        "functionAppContentEditingState": "Allowed",
        "extensionBundle": {"id": "Bundle", "version": "[4.*, 5)"},
    }


async def test_status_answers_in_every_state_and_lists_errors(tmp_path: Path) -> None:
    site = AdminSite(tmp_path, read_only=True)
    site.control.state = HostState.ERROR
    site.control.errors = ("host.json:3: wrong",)
    status = json_of(await site.call("GET", "/admin/host/status"))
    assert isinstance(status, dict)
    assert (status["state"], status["errors"]) == ("Error", ["host.json:3: wrong"])
    assert status["functionAppContentEditingState"] == "NotAllowed"


async def test_config_shows_no_secrets(tmp_path: Path) -> None:
    raw = MappingProxyType({"version": "2.0", "extensions": {"x": {"apiKey": "s3cret", "maxKeys": 3}}})
    site = AdminSite(tmp_path, host=HostConfig(raw=raw))
    assert json_of(await site.call("GET", "/admin/host/config")) == {
        "version": "2.0",
        "extensions": {"x": {"apiKey": "[Hidden Credential]", "maxKeys": 3}},
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/admin/host/config"), ("POST", "/admin/host/synctriggers"), ("POST", "/admin/host/scale/status")],
)
async def test_what_needs_a_running_host_is_503_without_one(tmp_path: Path, method: str, path: str) -> None:
    site = AdminSite(tmp_path)
    site.control.state = HostState.STARTING
    got = await site.call(method, path)
    assert (got.status, got.body) == (503, b"")


async def test_drain_and_resume(tmp_path: Path) -> None:
    site = AdminSite(tmp_path)
    assert (await site.call("POST", "/admin/host/drain")).status == 202
    assert json_of(await site.call("GET", "/admin/host/drain/status")) == {
        "state": "InProgress",
        "outstandingInvocations": 2,
        "outstandingRetries": 1,
    }
    assert json_of(await site.call("POST", "/admin/host/resume")) == {"state": "Running"}
    assert not site.control.draining


async def test_resume_of_a_host_that_does_not_run_is_409(tmp_path: Path) -> None:
    site = AdminSite(tmp_path)
    site.control.state = HostState.ERROR
    assert (await site.call("POST", "/admin/host/resume")).status == 409


async def test_restart_answers_with_the_hosts_folders(tmp_path: Path) -> None:
    site = AdminSite(tmp_path)
    answer = json_of(await site.call("POST", "/admin/host/restart"))
    assert isinstance(answer, dict)
    assert (answer["isSelfHost"], answer["scriptPath"]) == (True, str(tmp_path))
    assert site.control.told == ["restart"]


async def test_offline_and_back(tmp_path: Path) -> None:
    site = AdminSite(tmp_path)
    page = tmp_path / "app_offline.htm"
    assert (await site.call("PUT", "/admin/host/state", "running")).status == 200
    assert (await site.call("PUT", "/admin/host/state", "Offline")).status == 202
    assert page.exists()
    site.control.state = HostState.OFFLINE
    assert (await site.call("PUT", "/admin/host/state", "offline")).status == 200
    assert (await site.call("PUT", "/admin/host/state", "running")).status == 202
    assert not page.exists()


async def test_states_that_cannot_be_set(tmp_path: Path) -> None:
    site = AdminSite(tmp_path)
    assert (await site.call("PUT", "/admin/host/state", "paused")).status == 400
    assert (await site.call("PUT", "/admin/host/state", {"state": "offline"})).status == 400
    site.control.state = HostState.ERROR
    assert (await site.call("PUT", "/admin/host/state", "running")).status == 400
    read_only = AdminSite(tmp_path, read_only=True)
    got = await read_only.call("PUT", "/admin/host/state", "offline")
    assert got.status == 400
    assert got.body.startswith(b"Your app is currently in read only mode.")


async def test_what_a_local_host_cannot_do(tmp_path: Path) -> None:
    site = AdminSite(tmp_path)
    sync = await site.call("POST", "/admin/host/synctriggers")
    assert sync.status == 500
    assert json_of(sync) == {"status": "Invalid environment for SyncTriggers operation."}
    assert (await site.call("POST", "/admin/host/debug")).status == 501
    scale = await site.call("POST", "/admin/host/scale/status")
    assert (scale.status, scale.body) == (400, b"Runtime scale monitoring is not enabled.")


async def test_log_entries_reach_the_console(tmp_path: Path) -> None:
    site = AdminSite(tmp_path)
    got = await site.call("POST", "/admin/host/log", [{"level": 3, "message": "from\noutside", "source": "Host.X"}])
    assert got.status == 200
    assert [line[27:] for line in site.console.text.splitlines()] == ["from", "outside"]


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[1]", b'[{"level": "loud"}]', b"nonsense"])
async def test_a_log_that_is_no_array_of_entries_is_400(tmp_path: Path, body: bytes) -> None:
    got = await AdminSite(tmp_path).call("POST", "/admin/host/log", body=body)
    assert (got.status, got.body) == (400, b"An array of log entry objects is expected.")


async def test_a_body_over_the_limit_is_413(tmp_path: Path) -> None:
    got = await AdminSite(tmp_path).call("PUT", "/admin/host/state", body=b'"' + b"x" * 1_048_576 + b'"')
    assert got.status == 413
