"""Timer functions: a schedule from a setting, five fields, a run at the start, a schedule that cannot be."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from tests.compat.app_folders import copy_of
from tests.compat.app_storage import Store


@pytest.fixture(scope="module")
def app(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of("timer_functions", tmp_path_factory.mktemp("timer"))


@pytest.fixture(scope="module")
def host(store: Store, app: Path) -> Iterator[HostProcess]:
    with HostProcess(app, env={**store.settings, "CleanupSchedule": "0 30 9 * * 1-5"}) as host:
        yield host


def test_the_schedule_of_a_setting_counts_and_its_status_has_its_place(
    store: Store, app: Path, host: HostProcess
) -> None:
    storage = store.storage_of(app)
    path = f"timers/{host.status()['id']}/Host.Functions.Cleanup/status"
    eventually(lambda: storage.content("azure-webjobs-hosts", path) is not None)
    status = json.loads(storage.content("azure-webjobs-hosts", path) or b"")
    assert status["Last"] == "0001-01-01T00:00:00"
    assert "T09:30:00" in status["Next"]


def test_run_on_startup_runs_and_shows_the_schedule(store: Store, app: Path, host: HostProcess) -> None:
    storage = store.storage_of(app)
    eventually(lambda: len(storage.messages("started")) == 1)
    told = json.loads(storage.messages("started")[0])
    assert told["past_due"] is False
    assert told["schedule"] == {"AdjustForDST": True}
    assert "T04:00:00" in told["status"]["Next"]


def test_a_day_that_never_comes_is_an_error_of_its_function_alone(host: HostProcess) -> None:
    (error,) = host.function_errors("Broken")
    assert "The schedule expression '0 0 0 30 2 *' was not recognized as a valid cron expression" in error
    assert "February has no day 30" in error
    assert host.function_errors("Cleanup") == ()


def test_a_call_by_hand_runs_whatever_the_schedule_says(host: HostProcess) -> None:
    start = len(host.lines)
    headers = (("content-type", "application/json"),)
    assert host.post("/admin/functions/Cleanup", b"{}", headers=headers).status == 202
    host.wait_for_line("Python timer trigger function ran, status {'Last': '0001-01-01T00:00:00'", start=start)
