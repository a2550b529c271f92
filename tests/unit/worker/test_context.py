from __future__ import annotations

from funchost_worker.attribution import STORAGE
from funchost_worker.context import Context


def test_every_attribute() -> None:
    context = Context("f", "/app/f", {"id": "1-2", "tp": "00-aa", "ts": "k=v", "retry": None})
    assert (context.function_name, context.function_directory, context.invocation_id) == ("f", "/app/f", "1-2")
    trace = context.trace_context
    assert (trace.trace_parent, trace.trace_state, trace.attributes) == ("00-aa", "k=v", {})
    assert (trace.Traceparent, trace.Tracestate, trace.Attributes) == ("00-aa", "k=v", {})
    assert context.thread_local_storage is STORAGE


def test_retry_context_counts_from_zero() -> None:
    first = Context("f", "/app/f", {"id": "1"}).retry_context
    assert (first.retry_count, first.max_retry_count, first.rpc_exception) == (0, 0, None)


def test_retry_context_tells_of_the_attempt_before() -> None:
    retry = Context("f", "/app/f", {"id": "1", "retry": [2, 5, ["ValueError", "x", "stack"]]}).retry_context
    assert (retry.retry_count, retry.max_retry_count) == (2, 5)
    assert retry.rpc_exception is retry.exception
    assert retry.exception is not None
    assert str(retry.exception) == "ValueError: x"
    assert (retry.exception.message, retry.exception.stack_trace, retry.exception.source) == (
        "ValueError: x",
        "stack",
        "",
    )
