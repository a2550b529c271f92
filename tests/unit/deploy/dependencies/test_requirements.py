"""read_requirements: which files of a project have a say, and which cannot be understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from funchost.deploy.dependencies import read_requirements
from funchost.deploy.dependencies.requirements import Requirements, Source
from funchost.errors import BuildError


def read(root: Path, text: str | bytes) -> Requirements:
    """Read a requirements.txt with this content."""
    (root / "requirements.txt").write_bytes(text if isinstance(text, bytes) else text.encode())
    found = read_requirements(root)
    assert found is not None
    return found


def test_a_project_may_ask_for_nothing(tmp_path: Path) -> None:
    assert read_requirements(tmp_path) is None


@pytest.mark.parametrize("text", ["", "\n\n", "# only\n  # comments\n", "--extra-index-url https://example.com\n"])
def test_an_empty_file_asks_for_no_package(text: str, tmp_path: Path) -> None:
    found = read(tmp_path, text)
    assert found.empty
    assert found.source is Source.REQUIREMENTS


def test_included_files_have_a_say_whatever_way_they_are_named(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.txt", "c.txt", "sub/d.txt", "e.txt"):
        (tmp_path / name).write_text("six\n")
    (tmp_path / "sub/more.txt").write_text("-r d.txt\n--constraint=../e.txt\n-r ../requirements.txt\n")
    found = read(tmp_path, "-r b.txt\n-cc.txt\n--requirement sub/more.txt  # why\n")
    names = [path.relative_to(tmp_path.resolve()).as_posix() for path in found.files]
    assert names == ["requirements.txt", "b.txt", "c.txt", "sub/more.txt", "sub/d.txt", "e.txt"]
    assert not found.empty


def test_folders_of_the_project_are_noticed(tmp_path: Path) -> None:
    for name in ("lib", "other", "third", "fourth"):
        (tmp_path / name).mkdir()
    text = "-e ./lib[extra]\n--editable=other\n./third\nfourth @ file:./fourth ; python_version > '3'\nsix\n"
    folders = [path.name for path in read(tmp_path, text).folders]
    assert folders == ["lib", "other", "third", "fourth"]


def test_addresses_are_no_folders(tmp_path: Path) -> None:
    text = "-e git+https://example.com/a.git#egg=a\nb @ https://example.com/b.whl\n-r https://example.com/r.txt\n"
    assert read(tmp_path, text).folders == ()


def test_a_folder_that_is_not_there_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"requirements.txt:2: './lib' is not there"):
        read(tmp_path, "six\n-e ./lib\n")


def test_an_included_file_that_is_not_there_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"requirements.txt:1: '.*more.txt' is not there"):
        read(tmp_path, "-r more.txt\n")


def test_hashes_are_noticed_over_joined_lines(tmp_path: Path) -> None:
    assert read(tmp_path, "six==1.17.0 \\\n    --hash=sha256:abc\n").hashed
    assert not read(tmp_path, "six==1.17.0\n").hashed


@pytest.mark.parametrize("text", ["\ufeffsix\r\n# c\r\nidna\r\n".encode(), "six\nidna\n".encode("utf-16")])
def test_files_of_windows_editors_are_read(text: bytes, tmp_path: Path) -> None:
    found = read(tmp_path, text)
    assert not found.empty
    assert found.fingerprint() is not None


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"requirements.txt is not UTF-8 text"):
        read(tmp_path, b"caf\xe9\n")


def test_the_fingerprint_changes_with_every_file_and_not_with_line_ends(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("six\n")
    first = read(tmp_path, "-r more.txt\n").fingerprint()
    assert read(tmp_path, "-r more.txt\r\n").fingerprint() == first
    (tmp_path / "more.txt").write_text("idna\n")
    assert read(tmp_path, "-r more.txt\n").fingerprint() != first


def test_what_depends_on_a_folder_has_no_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    assert read(tmp_path, "-e ./lib\n").fingerprint() is None


def project(root: Path, text: str) -> Requirements | None:
    (root / "pyproject.toml").write_text(text)
    return read_requirements(root)


def test_pyproject_counts_where_there_is_no_requirements_txt(tmp_path: Path) -> None:
    found = project(tmp_path, '[project]\nname = "a"\nversion = "1"\ndependencies = ["six", "idna>3"]\n')
    assert found is not None
    assert (found.source, found.listed, found.empty) == (Source.PROJECT, ("six", "idna>3"), False)
    (tmp_path / "uv.lock").touch()
    locked = read_requirements(tmp_path)
    assert locked is not None
    assert locked.source is Source.LOCK
    assert [path.name for path in locked.files] == ["pyproject.toml", "uv.lock"]
    assert read(tmp_path, "six\n").source is Source.REQUIREMENTS


def test_a_pyproject_that_only_configures_tools_asks_for_nothing(tmp_path: Path) -> None:
    assert project(tmp_path, "[tool.ruff]\nline-length = 100\n") is None


def test_sources_on_this_machine_are_folders(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    text = '[project]\nname = "a"\ndependencies = ["lib"]\n[tool.uv.sources]\nlib = { path = "lib" }\n'
    found = project(tmp_path, text)
    assert found is not None
    assert found.folders == (tmp_path.resolve() / "lib",)
    assert found.listed == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.poetry.dependencies]\nsix = '*'\n", "for Poetry only"),
        ("[project]\ndynamic = ['dependencies']\n", "dynamic"),
        ("[project]\ndependencies = 'six'\n", "must be a list"),
        ("[project\n", "not valid TOML"),
    ],
)
def test_a_pyproject_that_cannot_be_used_says_why(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=message):
        project(tmp_path, text)
