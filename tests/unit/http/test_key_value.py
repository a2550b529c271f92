from __future__ import annotations

from base64 import urlsafe_b64decode

import pytest

from funchost.http.key_value import KeyKind, checksum, new_key


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_key_has_the_layout_that_secret_scanners_know(kind: KeyKind) -> None:
    key = new_key(kind)
    content = urlsafe_b64decode(key)
    assert (len(key), key[-2:], len(content)) == (56, "==", 40)
    assert "AzFu" in key
    assert content[36:] == checksum(content[:36], kind)


def test_keys_differ_and_so_do_checksums_by_kind() -> None:
    assert len({new_key(KeyKind.MASTER) for _ in range(100)}) == 100
    assert len({checksum(b"x" * 36, kind) for kind in KeyKind}) == 3
