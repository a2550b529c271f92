"""unpack: what a good package becomes, and every way in which a bad one is refused."""

from __future__ import annotations

import os
import random
import re
import stat
import struct
import warnings
import zipfile
from pathlib import Path

import pytest

from funchost.deploy.package.unpack import UnpackLimits, unpack
from funchost.errors import PackageError
from tests.unit.deploy.package.zips import HOST, LINK, Entries, write_zip


def refusal(package: Path, target: Path, limits: UnpackLimits | None = None) -> PackageError:
    """Unpack what must be refused; nothing may be left."""
    with pytest.raises(PackageError) as caught:
        unpack(package, target, limits or UnpackLimits())
    assert not target.exists()
    return caught.value


def test_files_and_folders_come_out_with_plain_modes(tmp_path: Path) -> None:
    package = write_zip(
        tmp_path / "a.zip",
        [
            HOST,
            ("empty/", b"", stat.S_IFDIR | 0o777),
            ("Hello/__init__.py", b"def main(): pass"),
            ("run.sh", b"#!/bin/sh", stat.S_IFREG | 0o6777),
        ],
    )
    result = unpack(package, tmp_path / "out")
    assert result == (3, len(HOST[1]) + 16 + 9)
    assert (tmp_path / "out/Hello/__init__.py").read_bytes() == b"def main(): pass"
    assert (tmp_path / "out/empty").is_dir()
    assert stat.S_IMODE((tmp_path / "out/run.sh").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "out/host.json").stat().st_mode) == 0o644


def test_names_in_utf_8_are_understood_with_and_without_the_mark(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST, ("größe.txt", b"1")])
    marked = package.read_bytes()
    assert unpack(package, tmp_path / "marked").files == 2
    name = "größe.txt".encode()
    unmarked = bytearray(marked)
    for signature, flags, offset in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
        place = marked.rindex(signature, 0, marked.index(name) + 1) if offset == 30 else marked.rindex(signature)
        struct.pack_into("<H", unmarked, place + flags, 0)
    package.write_bytes(bytes(unmarked))
    unpack(package, tmp_path / "unmarked")
    assert (tmp_path / "unmarked/größe.txt").is_file()


def test_leading_dots_of_other_tools_do_not_matter(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [("./", b""), ("./host.json", b"{}"), ("./a/b.py", b"")])
    assert unpack(package, tmp_path / "out").files == 2


def test_links_between_files_of_the_package_stay_links(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST, ("lib/a.so.1", b"code"), ("lib/a.so", b"a.so.1", LINK)])
    unpack(package, tmp_path / "out")
    assert (tmp_path / "out/lib/a.so").read_bytes() == b"code"
    assert os.readlink(tmp_path / "out/lib/a.so") == "a.so.1"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../evil.py", r"\.\."),
        ("a/../../evil.py", r"\.\."),
        ("/etc/evil.py", "absolute"),
        ("a\\..\\evil.py", "backslash"),
        ("C:/evil.py", "drive"),
        ("c:evil.py", "drive"),
        ("a\x01b.py", "control"),
        ("a\nb.py", "control"),
        ("a//b.py", "empty part"),
        ("a/./b.py", "empty part"),
        ("a" * 256 + ".py", "longer than 255"),
        ("ab/" * 400 + "c.py", "longer than 1024"),
        ("a/" * 65 + "c.py", "deeper than 64"),
    ],
)
def test_a_name_that_could_do_harm_is_refused(name: str, why: str, tmp_path: Path) -> None:
    error = refusal(write_zip(tmp_path / "a.zip", [HOST, (name, b"")]), tmp_path / "out")
    assert error.message.startswith("'")
    assert re.search(why, error.message)


def test_a_name_with_a_nul_is_refused(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST, ("aXb.py", b"")])
    package.write_bytes(package.read_bytes().replace(b"aXb.py", b"a\0b.py"))
    assert "NUL" in refusal(package, tmp_path / "out").message


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "a/../../outside", "missing", ".", "Hello", "loop"])
def test_a_link_that_leads_to_no_file_of_the_package_is_refused(target: str, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("secret")
    package = write_zip(tmp_path / "a.zip", [HOST, ("Hello/a.py", b""), ("loop", target.encode(), LINK)])
    assert "'loop' is a link" in refusal(package, tmp_path / "out").message


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    entries: Entries = [HOST, ("door", b"../outside", LINK), ("door/evil.py", b"")]
    assert "below 'door'" in refusal(write_zip(tmp_path / "a.zip", entries), tmp_path / "out").message
    assert not list((tmp_path / "outside").iterdir())


def test_links_that_leave_the_package_together_are_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    entries: Entries = [HOST, ("a/one", b"..", LINK), ("a/two", b"one/../secret", LINK)]
    refusal(write_zip(tmp_path / "a.zip", entries), tmp_path / "out")


@pytest.mark.parametrize("kind", [stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFCHR, stat.S_IFBLK])
def test_devices_pipes_and_sockets_are_refused(kind: int, tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST, ("odd", b"", kind | 0o666)])
    assert "'odd' is neither a file nor a folder" in refusal(package, tmp_path / "out").message


def test_a_path_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package = write_zip(tmp_path / "a.zip", [HOST, ("a.py", b"1"), ("./a.py", b"2")])
    assert "twice" in refusal(package, tmp_path / "out").message


def test_a_file_cannot_be_a_folder_too(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST, ("a", b"1"), ("a/b", b"2")])
    assert "below 'a', which is a file" in refusal(package, tmp_path / "out").message


def test_names_that_differ_in_case_are_two_files_where_the_file_system_has_two(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST, ("a.py", b"1"), ("A.py", b"2")])
    (tmp_path / "x").touch()
    if (tmp_path / "X").exists():
        assert "the same path here" in refusal(package, tmp_path / "out").message
    else:
        assert unpack(package, tmp_path / "out").files == 3


def test_an_encrypted_entry_is_refused(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST, ("a.py", b"1")])
    data = bytearray(package.read_bytes())
    struct.pack_into("<H", data, data.rindex(b"PK\x01\x02") + 8, 0x1)
    package.write_bytes(bytes(data))
    assert "'a.py' is encrypted" in refusal(package, tmp_path / "out").message


def test_a_method_that_needs_much_memory_is_refused(tmp_path: Path) -> None:
    package = tmp_path / "a.zip"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("host.json", b"{}")
    assert "method 14" in refusal(package, tmp_path / "out").message


def test_too_many_entries_are_refused_before_they_are_read(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST, *((f"{number}.py", b"") for number in range(20))])
    assert "21" in refusal(package, tmp_path / "out", UnpackLimits(entries=20)).message


def test_a_package_over_the_size_limit_is_refused(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST, ("a", bytes(5000)), ("b", bytes(5000))])
    assert "the limit is 9000" in refusal(package, tmp_path / "out", UnpackLimits(bytes=9000)).message


def test_a_decompression_bomb_is_refused(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST, ("a", bytes(1_000_000))])
    error = refusal(package, tmp_path / "out", UnpackLimits(ratio=100, ratio_from=10_000))
    assert "decompression bomb" in error.message
    assert unpack(package, tmp_path / "out", UnpackLimits(ratio=100, ratio_from=2_000_000)).files == 2


def test_an_entry_that_holds_more_than_it_says_writes_no_more_than_that(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST, ("a", bytes(100_000))])
    data = bytearray(package.read_bytes())
    for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        struct.pack_into("<L", data, data.rindex(signature) + offset, 10)
    package.write_bytes(bytes(data))
    assert "broken" in refusal(package, tmp_path / "out").message


def test_entries_that_share_bytes_are_refused(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST, ("b.txt", bytes(1000)), ("c.txt", bytes(1000))])
    data = bytearray(package.read_bytes())
    last = data.rindex(b"PK\x01\x02")
    before = data.rindex(b"PK\x01\x02", 0, last)
    data[last + 42 : last + 46] = data[before + 42 : before + 46]
    package.write_bytes(bytes(data))
    assert "overlaps" in refusal(package, tmp_path / "out").message


def test_a_zip_whose_local_names_differ_is_refused(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST, ("abc.py", b"1")])
    data = package.read_bytes()
    package.write_bytes(data.replace(b"abc.py", b"xyz.py", 1))
    assert "broken" in refusal(package, tmp_path / "out").message


def test_no_zip_at_all_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"PK", b"<html>not found</html>" * 100):
        (tmp_path / "a.zip").write_bytes(content)
        assert "not a zip file" in refusal(tmp_path / "a.zip", tmp_path / "out").message


def test_a_truncated_or_damaged_zip_never_does_more_than_fail(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST, ("a/b.py", os.urandom(300)), ("c.py", bytes(300))])
    data = package.read_bytes()
    chance = random.Random(4)  # noqa: S311
    for number in range(60):
        broken = bytearray(data[: chance.randrange(len(data))] if number % 3 == 0 else data)
        for _ in range(0 if number % 3 == 0 else 4):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        (tmp_path / "b.zip").write_bytes(bytes(broken))
        target = tmp_path / f"out{number}"
        try:
            unpack(tmp_path / "b.zip", target)
        except PackageError:
            assert not target.exists()
    assert {path.name[:3] for path in tmp_path.iterdir()} <= {"a.z", "b.z", "out"}


def test_host_json_deeper_down_is_refused_with_its_place(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [("shop/host.json", b"{}"), ("shop/Hello/function.json", b"{}")])
    error = refusal(package, tmp_path / "out")
    assert error.message == "host.json is not at the root of the package but in 'shop'."
    assert "content of that folder" in str(error.hint)


def test_a_package_without_host_json_is_refused(tmp_path: Path) -> None:
    assert "no host.json" in refusal(write_zip(tmp_path / "a.zip", [("a.py", b"")]), tmp_path / "out").message


def test_an_existing_target_is_left_alone(tmp_path: Path) -> None:
    package = write_zip(tmp_path / "a.zip", [HOST])
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine").touch()
    with pytest.raises(PackageError, match="File exists"):
        unpack(package, tmp_path / "out")
    assert (tmp_path / "out/mine").exists()
