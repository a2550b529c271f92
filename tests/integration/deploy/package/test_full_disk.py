"""A disk that really is full while a package is written or unpacked."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.deploy.package.archive import pack
from funchost.deploy.package.unpack import unpack
from funchost.errors import PackageError


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_packing_says_so_and_leaves_the_old_package(small_disk: Path, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "host.json").write_text("{}")
    (small_disk / "a.zip").write_bytes(b"old")
    (root / "big.bin").write_bytes(os.urandom(3_000_000))
    with pytest.raises(PackageError, match=r"a.zip cannot be written: No space left on device") as caught:
        pack(root, small_disk / "a.zip")
    assert "Free some space" in str(caught.value.hint)
    assert [path.name for path in small_disk.iterdir()] == ["a.zip"]
    assert (small_disk / "a.zip").read_bytes() == b"old"


def test_unpacking_says_so_and_leaves_nothing(small_disk: Path, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "host.json").write_text("{}")
    (root / "zeros.bin").write_bytes(bytes(3_000_000))
    package = pack(root, tmp_path / "a.zip").path
    with pytest.raises(PackageError, match="cannot be unpacked: the disk is full"):
        unpack(package, small_disk / "out")
    assert not (small_disk / "out").exists()
