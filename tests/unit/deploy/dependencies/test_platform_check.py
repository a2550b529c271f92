"""check_platform: packages that were made for another Python or machine are named."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from funchost.deploy.dependencies import Platform, TargetPython, check_platform
from funchost.errors import BuildError
from tests.unit.deploy.dependencies.fake_installer import put

TARGET = TargetPython((3, 11), None, Platform("linux", "x86_64"))


def elf(machine: int) -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, machine)


@pytest.mark.parametrize(
    "tag",
    [
        "py3-none-any",
        "py2.py3-none-any",
        "cp311-cp311-manylinux_2_17_x86_64",
        "cp311-cp311-linux_x86_64",
        "cp37-abi3-manylinux2014_x86_64",
        "py3-none-manylinux1_x86_64",
        "cp311-cp311-musllinux_1_2_x86_64",
        "py37-none-any",
    ],
)
def test_what_fits_passes(tag: str, tmp_path: Path) -> None:
    put(tmp_path, "pkg", "1.0", "cp38-cp38-win_amd64", tag)
    check_platform(tmp_path, TARGET)


@pytest.mark.parametrize(
    "tag",
    [
        "cp310-cp310-manylinux_2_17_x86_64",
        "cp312-abi3-manylinux_2_17_x86_64",
        "cp311-cp311-manylinux_2_17_aarch64",
        "cp311-cp311-macosx_11_0_arm64",
        "cp311-cp311-win_amd64",
        "py2-none-any",
    ],
)
def test_what_does_not_fit_is_named(tag: str, tmp_path: Path) -> None:
    put(tmp_path, "pkg", "1.0", tag)
    with pytest.raises(
        BuildError, match=rf"Python 3.11 on Linux x86_64:\n  pkg 1.0 \(pkg-1.0.dist-info\): its wheel is for {tag}"
    ):
        check_platform(tmp_path, TARGET)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a/_x.cpython-310-x86_64-linux-gnu.so", elf(62), "a module for Python 3.10"),
        ("a/_x.cpython-36m-x86_64-linux-gnu.so", elf(62), "a module for Python 3.6"),
        ("a/_x.so", elf(183), "a library for Linux aarch64"),
        ("a/libz.so.1.2", elf(183), "a library for Linux aarch64"),
        ("a/_x.cpython-311-darwin.so", b"\xcf\xfa\xed\xfe" + bytes(20), "a library for macOS"),
        ("a/_x.cp311-win_amd64.pyd", b"MZ", "a library for Windows"),
    ],
)
def test_compiled_files_without_metadata_are_looked_at_themselves(
    name: str, content: bytes, why: str, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BuildError, match=f"  {name}: {why}"):
        check_platform(tmp_path, TARGET)


@pytest.mark.parametrize("name", ["_x.cpython-311-x86_64-linux-gnu.so", "_x.abi3.so", "_x.so"])
def test_compiled_files_for_the_target_pass(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(elf(62))
    check_platform(tmp_path, TARGET)


def test_a_package_is_named_with_its_compiled_file(tmp_path: Path) -> None:
    put(tmp_path, "pkg", "1.0", "cp310-cp310-manylinux1_x86_64")
    (tmp_path / "_x.cpython-310-x86_64-linux-gnu.so").write_bytes(elf(62))
    (tmp_path / "pkg-1.0.dist-info/RECORD").write_text("pkg.py,,\n_x.cpython-310-x86_64-linux-gnu.so,sha256=1,2\n")
    with pytest.raises(BuildError, match=r"pkg 1\.0 \(_x\.cpython-310-x86_64-linux-gnu\.so\): its wheel") as caught:
        check_platform(tmp_path, TARGET)
    assert caught.value.message.count("_x.cpython") == 1


def test_a_missing_folder_and_odd_files_pass(tmp_path: Path) -> None:
    check_platform(tmp_path / "missing", TARGET)
    (tmp_path / "empty.so").touch()
    (tmp_path / "script.so").write_text("GROUP ( libm.so.6 )")
    (tmp_path / "broken-1.0.dist-info").mkdir()
    check_platform(tmp_path, TARGET)


def test_a_long_list_is_cut(tmp_path: Path) -> None:
    for number in range(8):
        put(tmp_path, f"pkg{number}", "1.0", "cp310-cp310-win32")
    with pytest.raises(BuildError, match=r"and 3 more$"):
        check_platform(tmp_path, TARGET)
