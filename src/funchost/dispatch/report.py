"""What the console says of a failed invocation."""

from __future__ import annotations

from funchost.app.invocation import InvocationResult, Status

_OUTCOME = {
    Status.FAILED: "Failure",
    Status.CANCELLED: "Cancelled",
    Status.TIMED_OUT: "Timeout",
    Status.LOST: "Worker lost",
}


def failure_report(function_name: str, result: InvocationResult) -> str:
    """Return lines that say why the invocation failed.

    The line ``Exception: Type: message`` stands alone, since scripts look for it
    (worker log contract, see docs/compatibility.md).
    """
    lines = [f"Exception while executing function: Functions.{function_name}", f"Result: {_OUTCOME[result.status]}"]
    if result.exception is not None:
        lines.append(f"Exception: {result.exception.summary}")
        if result.exception.stack:
            lines.append("Stack: " + result.exception.stack.rstrip("\n"))
    return "\n".join(lines)
