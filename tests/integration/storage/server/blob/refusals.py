"""What the official clients' errors say."""

from __future__ import annotations

import pytest
from azure.core.exceptions import HttpResponseError


def code(error: HttpResponseError) -> str:
    """Return the service's error code, which the clients add to their errors."""
    found = getattr(error, "error_code", "")
    return str(getattr(found, "value", found))  # known codes are members of an enumeration


def refused(caught: pytest.ExceptionInfo[HttpResponseError]) -> tuple[int | None, str]:
    """Return status and code."""
    return caught.value.status_code, code(caught.value)
