"""Coroutine tests run on uvloop, as the server does."""

from __future__ import annotations

from tests.integration.http.conftest import pytest_pyfunc_call as pytest_pyfunc_call
