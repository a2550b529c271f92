"""The guide's logging samples: the root logger's five levels on the console."""

from collections.abc import Iterator

import pytest

from funchost.testing import HostProcess
from tests.compat.app_folders import APPS

STAMP = r"^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] "


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(APPS / "guide_logging") as host:
        yield host


def test_a_message_stands_alone_after_the_time_stamp(host: HostProcess) -> None:
    start = len(host.lines)
    answer = host.get("/api/LogInfo")
    assert (answer.status, answer.body) == (204, b"")
    host.wait_for_line(STAMP + r"Python HTTP trigger function processed a request\.$", start=start)


def test_no_return_value_with_an_http_output_is_204_and_one_warning(host: HostProcess) -> None:
    for _ in range(3):
        start = len(host.lines)
        assert host.get("/api/LogInfoWithReturn").status == 204
        host.wait_for_line(r"Executed 'Functions\.LogInfoWithReturn' \(Succeeded", start=start)
    host.get("/api/LogLevels")
    host.wait_for_line(r"Executed 'Functions\.LogLevels'", start=start)
    warnings = [line for line in host.lines if "'LogInfoWithReturn' returned nothing" in line]
    assert len(warnings) == 1, host.output


def test_every_level_but_debug_is_shown_by_default(host: HostProcess) -> None:
    start = len(host.lines)
    host.get("/api/LogLevels")
    host.wait_for_line(r"Executed 'Functions\.LogLevels' \(Succeeded", start=start)
    shown = [line.partition("] ")[2] for line in host.lines[start:] if "a message with level" in line]
    assert shown == [f"a message with level {level}" for level in ("CRITICAL", "ERROR", "WARNING", "INFO")]


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        (("--user-log-level", "Debug"), {}),
        ((), {"AzureFunctionsJobHost__logging__logLevel__Function": "Debug"}),
    ],
    ids=["option", "setting"],
)
def test_debug_is_shown_when_asked_for(arguments: tuple[str, ...], env: dict[str, str]) -> None:
    with HostProcess(APPS / "guide_logging", *arguments, env=env) as host:
        host.get("/api/LogLevels")
        host.wait_for_line(STAMP + "a message with level DEBUG$")
