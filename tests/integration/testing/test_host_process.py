"""HostProcess and the fixture, as an author's own tests use them."""

import signal
from pathlib import Path

import pytest

from funchost.testing import HostProcess, HostStartError, eventually
from funchost.testing.plugin import StartFunctionApp
from funchost.testing.process_tree import is_alive

APPS = Path(__file__).parents[2] / "apps"
HELLO = APPS / "guide_first_function"


def test_a_host_answers_and_ends_with_0() -> None:
    with HostProcess(HELLO) as host:
        assert host.get("/api/Hello?user=Ada").text == "Hello, Ada!"
        assert host.exit_code is None
        assert host.worker_pids
        assert host.stop() == 0
    assert host.exit_code == 0
    assert "Listening on " + host.url in host.output


def test_two_hosts_of_one_app_run_side_by_side(function_app: StartFunctionApp) -> None:
    first, second = function_app(HELLO), function_app(HELLO)
    assert first.url != second.url
    assert second.get("/api/Hello?user=B").text == "Hello, B!"
    assert first.get("/api/Hello?user=A").text == "Hello, A!"


def test_settings_reach_the_app_and_can_be_removed(function_app: StartFunctionApp) -> None:
    host = function_app(APPS / "guide_environment", env={"myAppSetting": "of the test", "HOME": None})
    assert host.get("/api/ShowSetting").text == "of the test"


def test_a_killed_host_leaves_no_process() -> None:
    with HostProcess(HELLO) as host:
        workers = host.worker_pids
        host.kill()
        assert host.exit_code == -signal.SIGKILL
    eventually(lambda: not any(is_alive(pid) for pid in workers))


def test_a_host_that_ends_at_once_shows_its_output(tmp_path: Path) -> None:
    with (
        pytest.raises(HostStartError, match=r"(?s)without a line that matches .*no-such-option"),
        HostProcess(tmp_path, "--no-such-option"),
    ):
        pass


def test_another_state_can_be_awaited(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text("{ no json")
    with HostProcess(tmp_path, state="Error") as host:
        assert host.status()["state"] == "Error"


def test_a_state_that_is_not_reached_in_time_is_named(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text("{ no json")
    with (
        pytest.raises(HostStartError, match="state 'Error', awaited is 'Running'"),
        HostProcess(tmp_path, start_timeout=4),
    ):
        pass
