"""Runs the coroutine tests of this folder on uvloop, as the host does."""

from __future__ import annotations

import uvloop

from tests.coroutine_tests import coroutine_hook

pytest_pyfunc_call = coroutine_hook(uvloop.new_event_loop, seconds=60.0)
