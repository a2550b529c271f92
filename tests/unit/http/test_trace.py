from __future__ import annotations

import re

import pytest

from funchost.http.trace import trace_context

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize("parent", [f"00-{TRACE}-{SPAN}-01", f"cc-{TRACE}-{SPAN}-00-later"])
def test_a_valid_parent_is_taken_over(parent: str) -> None:
    assert trace_context({"traceparent": parent, "tracestate": "a=1"}) == ((parent, "a=1"), True)


@pytest.mark.parametrize(
    "parent",
    [
        "",
        "x",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE.upper()}-{SPAN}-01",
    ],
)
def test_an_invalid_parent_is_replaced_together_with_its_state(parent: str) -> None:
    trace, given = trace_context({"traceparent": parent, "tracestate": "a=1"})
    assert not given
    assert trace.state == ""
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", trace.parent)


def test_new_contexts_differ_and_long_states_are_dropped() -> None:
    assert trace_context({})[0] != trace_context({})[0]
    assert trace_context({"traceparent": f"00-{TRACE}-{SPAN}-01", "tracestate": "a" * 600})[0].state == ""
