"""restore: unchanged requirements are installed once for each Python."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from funchost.deploy.dependencies import Platform, TargetPython
from funchost.deploy.dependencies.restoring import restore
from funchost.errors import BuildError
from tests.unit.deploy.dependencies.fake_installer import FakeInstaller, puts, says

LINUX = Platform("linux", "x86_64")
PYTHON = TargetPython((3, 11), Path("/usr/bin/python3.11"), LINUX)


def run(root: Path, installer: FakeInstaller, python: TargetPython = PYTHON, lines: list[str] | None = None) -> bool:
    said = lines if lines is not None else []
    return restore(root, python, environment={}, on_line=said.append, installer=installer)


def test_packages_and_the_marks_of_the_existing_tool_are_made(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("six\n")
    assert run(tmp_path, FakeInstaller(puts("six")))
    mark = (tmp_path / ".python_packages/requirements.txt.md5").read_text()
    assert mark == base64.b64encode(hashlib.md5(b"six\n").digest()).decode()  # noqa: S324
    assert (tmp_path / ".python_packages/lib/site-packages/six.py").is_file()


def test_an_unchanged_file_is_not_restored_again(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("six\n")
    run(tmp_path, FakeInstaller(puts("six")))
    lines: list[str] = []
    again = run(tmp_path, FakeInstaller(), lines=lines)
    assert not again
    assert lines == [
        "Directory .python_packages already in sync with requirements.txt. Skipping restoring dependencies..."
    ]


@pytest.mark.parametrize(
    "python",
    [TargetPython((3, 12), PYTHON.interpreter, LINUX), TargetPython((3, 11), None, Platform("linux", "aarch64"))],
)
def test_another_python_or_platform_is_restored_anew(python: TargetPython, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("six\n")
    run(tmp_path, FakeInstaller(puts("six")))
    lines: list[str] = []
    assert run(tmp_path, FakeInstaller(puts("six")), python, lines)
    assert "Deleting the old .python_packages directory" in lines


def test_a_changed_file_is_restored_anew_also_when_it_is_included(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-r more.txt\n")
    (tmp_path / "more.txt").write_text("six\n")
    run(tmp_path, FakeInstaller(puts("six")))
    (tmp_path / "more.txt").write_text("idna\n")
    assert run(tmp_path, FakeInstaller(puts("idna")))
    assert not (tmp_path / ".python_packages/lib/site-packages/six.py").exists()


def test_what_a_folder_of_the_project_holds_may_have_changed(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "requirements.txt").write_text("./lib\n")
    run(tmp_path, FakeInstaller(puts("lib")))
    assert run(tmp_path, FakeInstaller(puts("lib")))


def test_a_failure_leaves_the_old_packages(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("six\n")
    run(tmp_path, FakeInstaller(puts("six")))
    (tmp_path / "requirements.txt").write_text("nope\n")
    with pytest.raises(BuildError):
        run(tmp_path, FakeInstaller(says("error: nope was not found")))
    assert (tmp_path / ".python_packages/lib/site-packages/six.py").is_file()
    assert not list((tmp_path / ".funchost").iterdir())


def test_a_project_that_asks_for_nothing_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"^requirements\.txt is not found\.") as caught:
        run(tmp_path, FakeInstaller())
    assert "--no-build" in str(caught.value.hint)


def test_a_project_that_cannot_be_written_to_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("six\n")
    (tmp_path / ".funchost").write_text("a file where a folder belongs")
    with pytest.raises(BuildError, match=r"\.python_packages cannot be made: .*\.funchost: File exists") as caught:
        run(tmp_path, FakeInstaller(puts("six")))
    assert "remote build" in str(caught.value.hint)
