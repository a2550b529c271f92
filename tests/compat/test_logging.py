"""Log records and prints from everywhere in the app: order, levels, attribution."""

import re
from collections.abc import Iterator

import pytest

from funchost.testing import HostProcess
from tests.compat.app_folders import APPS


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(APPS / "logging_sources") as host:
        host.get("/api/LogEverywhere")
        host.wait_for_line(r"Executed 'Functions\.LogEverywhere' \(Succeeded")
        yield host


@pytest.fixture(scope="module")
def verbose() -> Iterator[HostProcess]:
    with HostProcess(APPS / "logging_sources", "--verbose", "--user-log-level", "Debug") as host:
        yield host


def texts(lines: tuple[str, ...]) -> list[str]:
    return [line.partition("] ")[2] for line in lines]


@pytest.mark.parametrize("text", ["import: root", "import: named", "import: print"])
def test_what_is_logged_at_import_time_is_shown(host: HostProcess, text: str) -> None:
    host.wait_for_line(rf"\] {text}$")


@pytest.mark.parametrize("logger", ["root", "named"])
def test_levels_arrive_in_order_and_debug_is_left_out(host: HostProcess, logger: str) -> None:
    levels = [text for text in texts(host.lines) if text.startswith(logger + ": ")]
    assert levels == [f"{logger}: {level}" for level in ("critical", "error", "warning", "info")]


@pytest.mark.parametrize(
    "text",
    ["thread: info", "executor: info", "print: stdout", "print: stderr", "print: not flushed", "exception: text"],
)
def test_records_and_prints_of_every_source_are_shown(host: HostProcess, text: str) -> None:
    host.wait_for_line(rf"\] {text}$")


def test_every_line_of_a_message_has_its_stamp(host: HostProcess) -> None:
    shown = texts(host.lines)
    assert shown[shown.index("two") + 1] == "lines"
    at = shown.index("exception: text")
    assert shown[at + 1] == "Traceback (most recent call last):"
    assert "ValueError: caught" in shown[at : at + 6]


def test_records_of_a_coroutine_keep_their_order(host: HostProcess) -> None:
    start = len(host.lines)
    host.get("/api/LogAsync")
    host.wait_for_line(r"Executed 'Functions\.LogAsync' \(Succeeded", start=start)
    shown = texts(host.lines[start:])
    assert [text for text in shown if text.startswith("ordered")] == [f"ordered {number:02}" for number in range(20)]
    assert {"task 1", "task 2", "default executor"} <= set(shown)


def test_verbose_names_function_and_invocation_of_every_record(verbose: HostProcess) -> None:
    invocation_id = verbose.get("/api/LogAsync").text
    for text in ("ordered 00", "task 1", "default executor"):
        verbose.wait_for_line(rf"\[LogAsync {invocation_id}\] {text}$")


def test_verbose_names_the_invocation_in_threads(verbose: HostProcess) -> None:
    verbose.get("/api/LogEverywhere")
    root = verbose.wait_for_line(r"\[LogEverywhere ([0-9a-f-]{36})\] root: debug$")
    for text in ("thread: info", "named: info", "exception: text"):
        verbose.wait_for_line(rf"\[LogEverywhere {root[1]}\] {text}$")
    assert not re.search(r"\[LogEverywhere [0-9a-f-]{36}\] import: root", verbose.output)


def test_host_json_levels_filter_by_function() -> None:
    env = {"AzureFunctionsJobHost__logging__logLevel__Function.LogEverywhere.User": "Error"}
    with HostProcess(APPS / "logging_sources", env=env) as host:
        host.get("/api/LogEverywhere")
        host.get("/api/LogAsync")
        host.wait_for_line("ordered 19")
        levels = [text for text in texts(host.lines) if text.startswith("root: ")]
        assert levels == ["root: critical", "root: error"]
