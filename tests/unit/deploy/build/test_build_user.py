from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from funchost.deploy.build.build_user import BuildUser, Status, UnusableUserError, check_open, choose_user, closed_part

OTHER = BuildUser("other", os.geteuid() + 4711, os.getegid() + 4711)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder that stands for the root: what is above it is not looked at."""
    folder = tmp_path / "root"
    folder.mkdir()
    folder.chmod(0o755)
    return folder


def make(path: Path, mode: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    path.chmod(mode)
    return path


@pytest.fixture
def status(root: Path) -> Status:
    """Tells of real paths, but that everybody may pass through what is above `root`: pytest's folders are closed."""

    def tell(path: Path) -> os.stat_result:
        held = path.stat()
        above = path in root.parents
        return os.stat_result((held.st_mode | 0o755, *held[1:])) if above else held

    return tell


def test_a_path_that_everybody_may_read_is_open(root: Path, status: Status) -> None:
    assert closed_part(make(root / "a/b", 0o644), OTHER, status) is None


def test_a_closed_folder_on_the_way_is_named(root: Path, status: Status) -> None:
    path = make(root / "a/b/c", 0o644)
    (root / "a").chmod(0o700)

    assert closed_part(path, OTHER, status) == root / "a"


def test_a_folder_on_the_way_need_not_be_readable(root: Path, status: Status) -> None:
    path = make(root / "a/b", 0o644)
    (root / "a").chmod(0o711)

    assert closed_part(path, OTHER, status) is None
    assert closed_part(root / "a", OTHER, status) == root / "a"
    assert closed_part(root / "a", OTHER, status, enter_only=True) is None


def test_a_closed_file_is_named(root: Path, status: Status) -> None:
    path = make(root / "a", 0o640)

    assert closed_part(path, OTHER, status) == path


def test_the_place_that_a_link_leads_to_counts(root: Path, status: Status) -> None:
    make(root / "closed/python", 0o755)
    (root / "closed").chmod(0o700)
    (root / "open").mkdir()
    (root / "open/python").symlink_to("../closed/python")

    assert closed_part(root / "open/python", OTHER, status) == root / "closed"


def test_rights_of_owner_and_group_count(root: Path, status: Status) -> None:
    own = BuildUser("own", os.geteuid(), OTHER.gid)
    group = BuildUser("group", OTHER.uid, root.stat().st_gid)
    path = make(root / "a", 0o640)

    assert closed_part(path, own, status) is None
    assert closed_part(path, group, status) is None
    path.chmod(0o604)
    assert closed_part(path, group, status) == path


def test_a_path_that_is_not_there_is_an_error(root: Path, status: Status) -> None:
    (root / "loop").symlink_to("loop")
    with pytest.raises(FileNotFoundError):
        closed_part(root / "nothing", OTHER, status)
    with pytest.raises(OSError, match="loop"):
        closed_part(root / "loop", OTHER, status)


def test_a_server_that_is_not_root_builds_as_itself() -> None:
    assert choose_user("no such account", effective_uid=1000) is None


def test_an_account_that_does_not_exist_or_is_root_is_not_used() -> None:
    with pytest.raises(UnusableUserError, match="there is no account 'no such account'"):
        choose_user("no such account", effective_uid=0)
    with pytest.raises(UnusableUserError, match="is root"):
        choose_user(pwd.getpwuid(0).pw_name, effective_uid=0)


def test_what_is_closed_to_the_account_is_named_with_its_mode(root: Path, status: Status) -> None:
    path = make(root / "a/b", 0o644)
    (root / "a").chmod(0o700)

    with pytest.raises(
        UnusableUserError, match=rf"{root}/a, which {path} is below or leads to, is closed to 'other' \(mode 700\)"
    ):
        check_open(path, OTHER, status)
