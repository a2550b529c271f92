"""How the keys of accounts stand in a store's file."""

from __future__ import annotations

import os

import pytest

from funchost.storage.embedded import account_keys
from funchost.storage.embedded.account_keys import KeySeal

KEY = os.urandom(64)


class Backwards:
    """Seals by writing backwards."""

    def seal(self, content: bytes) -> bytes:
        return content[::-1]

    def unseal(self, sealed: bytes) -> bytes:
        return sealed[::-1]


@pytest.mark.parametrize("seal", [None, Backwards()])
def test_a_key_is_read_as_it_was_written(seal: KeySeal | None) -> None:
    assert account_keys.read(account_keys.written(KEY, seal), seal) == KEY


def test_a_sealed_key_is_not_in_the_file_and_cannot_be_read_without_the_seal() -> None:
    content = account_keys.written(KEY, Backwards())
    assert KEY not in content
    assert account_keys.read(content, None) is None


def test_a_key_that_was_written_before_there_was_a_seal_is_read() -> None:
    assert account_keys.read(account_keys.written(KEY, None), Backwards()) == KEY


@pytest.mark.parametrize("seal", [None, Backwards()])
def test_whoever_has_the_key_can_prove_it(seal: KeySeal | None) -> None:
    content = account_keys.written(KEY, seal)
    assert account_keys.is_key(content, KEY)
    assert not account_keys.is_key(content, os.urandom(64))
    assert not account_keys.is_key(content, KEY[:-1])


def test_what_the_file_holds_proves_nothing() -> None:
    content = account_keys.written(KEY, Backwards())
    assert not account_keys.is_key(content, content)
