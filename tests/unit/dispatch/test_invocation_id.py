from __future__ import annotations

import uuid

from funchost.dispatch.invocation_id import new_invocation_id


def test_ids_are_version_4_guids_in_canonical_text() -> None:
    for _ in range(200):
        text = new_invocation_id()
        parsed = uuid.UUID(text)
        assert str(parsed) == text
        assert parsed.version == 4
        assert parsed.variant == uuid.RFC_4122


def test_ids_differ() -> None:
    assert len({new_invocation_id() for _ in range(10_000)}) == 10_000
