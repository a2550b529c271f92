from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from funchost.deploy.build.version_folder import publish, remove
from funchost.errors import BuildError


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "work" / "content"
    (folder / "Hello").mkdir(parents=True)
    (folder / "host.json").write_text("{}")
    (folder / "Hello" / "run.sh").write_text("#!/bin/sh\n")
    (folder / "Hello" / "run.sh").chmod(0o755)
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "versions").mkdir()
    return tmp_path / "versions" / "1"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_version_appears_read_only_with_its_size(content: Path, target: Path) -> None:
    size = publish(content, target)

    assert size == len("{}") + len("#!/bin/sh\n")
    assert not content.exists()
    assert mode(target) == mode(target / "Hello") == 0o555
    assert mode(target / "host.json") == 0o444
    assert mode(target / "Hello" / "run.sh") == 0o555


def test_links_within_the_version_stay(content: Path, target: Path) -> None:
    (content / "Hello" / "host.json").symlink_to("../host.json")

    publish(content, target)

    assert (target / "Hello" / "host.json").read_text() == "{}"


@pytest.mark.parametrize("leads_to", ["/etc/passwd", "../../secret", "../..", "/nothing"])
def test_a_link_out_of_the_version_is_refused(content: Path, target: Path, leads_to: str) -> None:
    (content / "Hello" / "link").symlink_to(leads_to)

    with pytest.raises(BuildError, match="the link Hello/link"):
        publish(content, target)
    assert not target.exists()


def test_what_is_neither_file_nor_folder_is_refused(content: Path, target: Path) -> None:
    os.mkfifo(content / "pipe")

    with pytest.raises(BuildError, match="pipe, which is neither"):
        publish(content, target)
    assert not target.exists()


def test_a_file_that_has_another_name_elsewhere_is_copied(content: Path, target: Path, tmp_path: Path) -> None:
    cached = tmp_path / "cached"
    cached.write_text("original")
    os.utime(cached, (1, 1))
    os.link(cached, content / "module.py")

    publish(content, target)
    cached.write_text("changed")

    assert (target / "module.py").read_text() == "original"
    assert (target / "module.py").stat().st_mtime == 1
    assert mode(target / "module.py") == 0o444
    assert mode(cached) != 0o444


def test_a_version_is_never_overwritten(content: Path, target: Path) -> None:
    target.mkdir()

    with pytest.raises(BuildError, match="exists already"):
        publish(content, target)


def test_a_read_only_version_can_be_removed(content: Path, target: Path) -> None:
    publish(content, target)

    remove(target)
    remove(target)

    assert not target.exists()


def test_folders_that_are_closed_can_be_removed(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    (folder / "closed" / "inner").mkdir(parents=True)
    (folder / "closed").chmod(0)

    remove(folder)

    assert not folder.exists()
