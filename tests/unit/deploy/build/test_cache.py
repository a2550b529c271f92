from __future__ import annotations

import os
from pathlib import Path

import pytest

from funchost.deploy.build.cache import HeldCache


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "own"


def filled(folder: Path) -> HeldCache:
    cache = HeldCache(folder)
    (folder / "wheels").mkdir(exist_ok=True)
    (folder / "wheels" / "alpha").write_bytes(os.urandom(20_000))
    return cache


def test_a_cache_that_is_too_large_is_emptied_and_can_be_used_again(folder: Path, scratch: Path) -> None:
    assert filled(folder).release(10_000, scratch, 0)

    assert not (folder / "wheels").exists()
    assert list(scratch.iterdir()) == []
    filled(folder).release(10_000, scratch)
    assert (folder / "wheels").exists()


def test_a_cache_within_its_limit_stays(folder: Path, scratch: Path) -> None:
    assert not filled(folder).release(10_000_000, scratch, 0)
    assert (folder / "wheels" / "alpha").is_file()


def test_a_cache_that_another_build_uses_stays(folder: Path, scratch: Path) -> None:
    other = HeldCache(folder)

    assert not filled(folder).release(10_000, scratch, 0)
    assert (folder / "wheels" / "alpha").is_file()
    assert other.release(10_000, scratch, 0)


def test_the_size_is_looked_at_from_time_to_time_only(folder: Path, scratch: Path) -> None:
    assert not filled(folder).release(10_000, scratch, 600)
    assert (folder / "wheels" / "alpha").is_file()
