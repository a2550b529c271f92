from __future__ import annotations

from funchost.app.invocation import InvocationException, InvocationResult, Status
from funchost.dispatch.report import failure_report


def test_the_exception_stands_on_a_line_of_its_own() -> None:
    error = InvocationException("ZeroDivisionError", "division by zero", 'Traceback:\n  File "x.py"\n')
    lines = failure_report("Hello", InvocationResult(Status.FAILED, exception=error)).split("\n")
    assert lines == [
        "Exception while executing function: Functions.Hello",
        "Result: Failure",
        "Exception: ZeroDivisionError: division by zero",
        "Stack: Traceback:",
        '  File "x.py"',
    ]


def test_an_exception_without_text_has_no_colon() -> None:
    result = InvocationResult(Status.CANCELLED, exception=InvocationException("CancelledError", ""))
    assert failure_report("Hello", result).endswith("Result: Cancelled\nException: CancelledError")
