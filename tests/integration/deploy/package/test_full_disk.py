"""A disk that really is full while a package is written or unpacked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.deploy.package.archive import pack
from funchost.deploy.package.unpack import unpack
from funchost.errors import PackageError
from tests.small_disk import MIB, small_disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", MIB) as folder:
        yield folder


def test_packing_says_so_and_leaves_the_old_package(disk: Path, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "host.json").write_text("{}")
    (disk / "a.zip").write_bytes(b"old")
    (root / "big.bin").write_bytes(os.urandom(3_000_000))
    with pytest.raises(PackageError, match=r"a.zip cannot be written: No space left on device") as caught:
        pack(root, disk / "a.zip")
    assert "Free some space" in str(caught.value.hint)
    assert [path.name for path in disk.iterdir()] == ["a.zip"]
    assert (disk / "a.zip").read_bytes() == b"old"


def test_unpacking_says_so_and_leaves_nothing(disk: Path, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "host.json").write_text("{}")
    (root / "zeros.bin").write_bytes(bytes(3_000_000))
    package = pack(root, tmp_path / "a.zip").path
    with pytest.raises(PackageError, match="cannot be unpacked: the disk is full"):
        unpack(package, disk / "out")
    assert not (disk / "out").exists()
