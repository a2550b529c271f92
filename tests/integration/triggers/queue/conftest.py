"""Azurite, for the tests that run on it."""

from __future__ import annotations

from tests.azurite import azurite

__all__ = ["azurite"]
