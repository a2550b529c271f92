"""W3C trace context of requests (https://www.w3.org/TR/trace-context/)."""

from __future__ import annotations

import random
import re

from funchost.app.invocation import TraceContext

_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?", re.ASCII)
_STATE_LIMIT = 512

_getrandbits = random.Random(random.SystemRandom().getrandbits(128)).getrandbits  # noqa: S311 - unique, not secret


def trace_context(headers: dict[str, str]) -> tuple[TraceContext, bool]:
    """Return the caller's trace context and True, or, without a valid one, a new one and False."""
    parent = headers.get("traceparent")
    if parent is not None and _PARENT.fullmatch(parent) and (len(parent) == 55 or parent[:2] != "00"):
        state = headers.get("tracestate", "")
        return TraceContext(parent, state if len(state) <= _STATE_LIMIT else ""), True
    digits = _getrandbits(192).to_bytes(24, "big").hex()
    return TraceContext(f"00-{digits[:32]}-{digits[32:]}-00"), False
