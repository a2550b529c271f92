"""Where a store can live."""

from __future__ import annotations

from pathlib import Path

import pytest

from funchost.errors import FuncHostError
from funchost.storage.embedded.folder import file_system, open_folder

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
tmpfs /home/local\\040disk tmpfs rw 0 0
//pc/share /mnt/share cifs rw 0 0
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    path = tmp_path / "mounts"
    path.write_text(MOUNTS, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/app", "ext4"),
        ("/home/app", "nfs4"),
        ("/home", "nfs4"),
        ("/homely", "ext4"),
        ("/home/local disk/app", "tmpfs"),
        ("/mnt/share/x", "cifs"),
    ],
)
def test_file_system_is_that_of_the_longest_mount_point(mounts: Path, path: str, kind: str) -> None:
    assert file_system(Path(path), mounts) == kind


def test_file_system_is_unknown_where_nothing_lists_it(tmp_path: Path) -> None:
    assert file_system(tmp_path, tmp_path / "missing") is None


def test_network_file_system_is_refused_by_name(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/x {tmp_path.resolve()} nfs4 rw 0 0\n", encoding="utf-8")
    with pytest.raises(FuncHostError, match="nfs4") as caught:
        open_folder(tmp_path / "store", mounts)
    assert "FUNCHOST_STORAGE_DIR" in str(caught.value.hint)


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(FuncHostError, match="file"):
        open_folder(tmp_path / "file" / "store")


def test_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "a" / "größe 数" / "store")
    assert folder.hosts.is_dir()
    assert folder.database.parent == (tmp_path / "a" / "größe 数" / "store").resolve()
