"""A context as JSON."""

import json


def describe(context):
    trace = context.trace_context
    retry = context.retry_context
    return json.dumps({
        "function_directory": context.function_directory,
        "function_name": context.function_name,
        "invocation_id": context.invocation_id,
        "trace_parent": trace.trace_parent,
        "trace_state": trace.trace_state,
        "old_names": [trace.Traceparent, trace.Tracestate],
        "attributes": dict(trace.attributes or {}),
        "retry_count": retry.retry_count if retry else None,
        "max_retry_count": retry.max_retry_count if retry else None,
        "has_thread_local_storage": hasattr(context, "thread_local_storage"),
    })
