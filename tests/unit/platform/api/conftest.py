"""Runs the coroutine tests of this folder, each in a loop of its own."""

from __future__ import annotations

from tests.coroutine_tests import coroutine_hook

pytest_pyfunc_call = coroutine_hook()
