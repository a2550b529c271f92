"""Runs the coroutine tests of this folder, each in a loop of its own."""

from __future__ import annotations

from tests.unit.http.conftest import pytest_pyfunc_call

__all__ = ["pytest_pyfunc_call"]
