"""The context argument: every attribute, in both models' shapes."""

import re
from collections.abc import Iterator
from typing import cast

import pytest

from funchost.testing import HostProcess
from tests.compat.app_folders import APPS

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACE_PARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"


@pytest.fixture(scope="module")
def host() -> Iterator[HostProcess]:
    with HostProcess(APPS / "context_attributes", "--verbose") as host:
        yield host


def shown(host: HostProcess, function: str, headers: dict[str, str] | None = None) -> dict[str, object]:
    return cast("dict[str, object]", host.get(f"/api/{function}", headers=headers or {}).json())


@pytest.mark.parametrize("function", ["Show", "ShowAsync"])
def test_attributes(host: HostProcess, function: str) -> None:
    context = shown(host, function)
    assert context["function_name"] == function
    assert context["function_directory"] == str(APPS / "context_attributes" / function)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", str(context["invocation_id"]))
    assert (context["retry_count"], context["max_retry_count"]) == (0, 0)
    assert context["has_thread_local_storage"] is True
    assert context["old_names"] == [context["trace_parent"], context["trace_state"]]
    assert isinstance(context["attributes"], dict)


def test_trace_context_comes_from_the_request(host: HostProcess) -> None:
    context = shown(host, "Show", {"traceparent": TRACE_PARENT, "tracestate": "vendor=1"})
    assert TRACE_ID in str(context["trace_parent"])
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", str(context["trace_parent"]))
    assert context["trace_state"] == "vendor=1"


def test_trace_context_is_made_when_the_request_has_none(host: HostProcess) -> None:
    first, second = (str(shown(host, "Show")["trace_parent"]) for _ in range(2))
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", first)
    assert first != second


def test_a_broken_trace_parent_is_replaced(host: HostProcess) -> None:
    parent = shown(host, "Show", {"traceparent": "00-nonsense-01"})["trace_parent"]
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", str(parent))


def test_the_documented_trick_ties_a_thread_to_its_invocation(host: HostProcess) -> None:
    invocation_id = host.get("/api/ThreadLocal").text
    host.wait_for_line(rf"\[ThreadLocal {invocation_id}\] from a thread of my own$")
