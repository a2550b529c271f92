"""The checks of a package's entries that depend on the file system it is unpacked on, and on the zip's own end."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from funchost.deploy.package.end_record import read_end_record
from funchost.deploy.package.entries import read_entries
from funchost.deploy.package.unpack_limits import UnpackLimits
from funchost.errors import PackageError
from tests.unit.deploy.package.zips import HOST, Entries, write_zip


def names(path: Path, *, fold: bool) -> list[str]:
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        end = read_end_record(file)
        return [entry.name for entry in read_entries(archive, file, end, 1000, UnpackLimits(), fold)]


@pytest.mark.parametrize(
    "pair",
    [
        [("a.py", b""), ("A.py", b"")],
        [("a/x.py", b""), ("A", b"")],
        [("\u00e9.py", b""), ("e\u0301.py", b"")],
    ],
)
def test_what_is_one_path_on_macos_is_refused_there(pair: Entries, tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST, *pair])
    assert len(names(package, fold=False)) == 3
    with pytest.raises(PackageError, match=r"the same path here|lies below"):
        names(package, fold=True)


def test_the_record_of_large_zips_is_read(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST])
    data = package.read_bytes()
    place = data.rindex(b"PK\x05\x06")
    size, offset = struct.unpack_from("<LL", data, place + 12)
    large = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, size, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, place, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    package.write_bytes(data[:place] + large + locator + end)
    with package.open("rb") as file:
        assert read_end_record(file) == (1, size, offset)
    assert names(package, fold=False) == ["host.json"]


def test_a_zip_with_something_in_front_is_refused(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST])
    package.write_bytes(b"#!/bin/sh\n" + package.read_bytes())
    with package.open("rb") as file, pytest.raises(PackageError, match="contradicts itself"):
        read_end_record(file)


def test_one_of_several_parts_is_refused(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST])
    data = bytearray(package.read_bytes())
    data[data.rindex(b"PK\x05\x06") + 4] = 1
    package.write_bytes(bytes(data))
    with package.open("rb") as file, pytest.raises(PackageError, match="several parts"):
        read_end_record(file)
