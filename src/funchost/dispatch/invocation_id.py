"""Invocation ids: random GUID texts."""

from __future__ import annotations

import random

_bits = random.SystemRandom().getrandbits(128)
_generator = random.Random(_bits)  # noqa: S311 - ids must be unique, not secret; 4 times cheaper than uuid4()


def new_invocation_id() -> str:
    """Return a random version 4 GUID in lower-case text form, e.g. ``0b8a3c1e-5f67-4c0d-9a2b-3d4e5f607182``."""
    text = f"{_generator.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) & 3]}{text[17:20]}-{text[20:]}"
