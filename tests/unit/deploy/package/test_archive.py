"""pack: the same files give the same bytes, and whatever goes wrong leaves no half package."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import signal
import zipfile
from pathlib import Path

import pytest

from funchost.deploy.package.archive import pack
from funchost.deploy.package.project_files import ProjectFile
from funchost.deploy.package.unpack import unpack
from funchost.errors import PackageError


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "Hello").mkdir(parents=True)
    (root / "host.json").write_text('{"version": "2.0"}')
    (root / "Hello/__init__.py").write_text("def main(req): ...")
    (root / "tool").write_text("#!/bin/sh")
    (root / "tool").chmod(0o700)
    (root / "empty.txt").touch()
    return root


def test_a_package_can_be_unpacked_to_the_same_files(project: Path, tmp_path: Path) -> None:
    packed = pack(project, tmp_path / "a.zip")
    assert (packed.files, packed.bytes_in) == (4, 18 + 18 + 9)
    assert packed.bytes_out == packed.path.stat().st_size
    assert packed.digest == hashlib.sha256(packed.path.read_bytes()).hexdigest()
    unpack(packed.path, tmp_path / "out")
    for path in project.rglob("*"):
        if path.is_file():
            assert (tmp_path / "out" / path.relative_to(project)).read_bytes() == path.read_bytes()
    assert os.access(tmp_path / "out/tool", os.X_OK)


def test_times_owners_and_places_do_not_change_a_package(project: Path, tmp_path: Path) -> None:
    first = pack(project, tmp_path / "a.zip")
    other = tmp_path / "elsewhere"
    shutil.copytree(project, other)
    for number, path in enumerate(sorted(other.rglob("*"))):
        os.utime(path, (number, number))
    (other / "host.json").chmod(0o600)
    assert pack(other, tmp_path / "b.zip").digest == first.digest


def test_entries_are_sorted_and_carry_fixed_times_and_modes(project: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(pack(project, tmp_path / "a.zip").path) as archive:
        infos = archive.infolist()
    assert [info.filename for info in infos] == ["Hello/__init__.py", "empty.txt", "host.json", "tool"]
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert [oct(info.external_attr >> 16) for info in infos] == ["0o100644", "0o100644", "0o100644", "0o100755"]


def test_an_old_package_in_the_project_is_replaced_and_not_packed(project: Path) -> None:
    first = pack(project, project / "project.zip")
    assert pack(project, project / "project.zip").digest == first.digest


def test_progress_ends_at_the_whole(project: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    pack(project, tmp_path / "a.zip", on_progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (45, 45)


@pytest.mark.parametrize(
    ("name", "size", "message"),
    [
        ("gone.py", 3, "'gone.py' has vanished"),
        ("host.json", 3, "'host.json' changed while the project was packed"),
        ("Hello", 3, "'Hello' changed"),
    ],
)
def test_a_file_that_vanished_or_changed_is_an_error_and_the_old_package_stays(
    name: str, size: int, message: str, project: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out/a.zip"
    target.parent.mkdir()
    target.write_bytes(b"old")
    with pytest.raises(PackageError, match=message):
        pack(project, target, included=[ProjectFile(name, project / name, size)])
    assert target.read_bytes() == b"old"
    assert [path.name for path in target.parent.iterdir()] == ["a.zip"]


def test_a_file_that_grows_while_it_is_read_is_an_error(project: Path, tmp_path: Path) -> None:
    (project / "A.bin").write_bytes(os.urandom(600_000))

    def grow(done: int, total: int) -> None:
        with (project / "A.bin").open("ab") as file:
            file.write(b"x")

    with pytest.raises(PackageError, match=r"'A.bin' changed while it was packed"):
        pack(project, tmp_path / "a.zip", on_progress=grow)
    assert not (tmp_path / "a.zip").exists()


def test_a_file_that_shrinks_while_it_is_read_is_an_error(project: Path, tmp_path: Path) -> None:
    (project / "A.bin").write_bytes(os.urandom(600_000))
    with pytest.raises(PackageError, match=r"'A.bin' changed while it was packed"):
        pack(project, tmp_path / "a.zip", on_progress=lambda *_: os.truncate(project / "A.bin", 300_000))


def test_a_pipe_in_the_place_of_a_file_does_not_stop_packing(project: Path, tmp_path: Path) -> None:
    os.mkfifo(project / "pipe")
    with pytest.raises(PackageError, match="'pipe' changed"):
        pack(project, tmp_path / "a.zip", included=[ProjectFile("pipe", project / "pipe", 0)])


def test_a_folder_that_is_not_there_is_named(project: Path, tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"missing/a.zip cannot be written: No such file"):
        pack(project, tmp_path / "missing/a.zip")


def test_a_full_disk_is_named_and_leaves_nothing(project: Path, tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    (project / "A.bin").write_bytes(os.urandom(300_000))
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(PackageError, match=r"a.zip cannot be written: File too large"):
            pack(project, tmp_path / "a.zip")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert [path.name for path in tmp_path.iterdir()] == ["project"]
