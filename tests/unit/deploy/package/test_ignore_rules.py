"""IgnoreRules: .funcignore means what the same lines mean to git."""

from __future__ import annotations

from pathlib import Path

import pytest

from funchost.deploy.package.ignore_rules import IgnoreRules
from funchost.errors import PackageError


@pytest.mark.parametrize(
    ("line", "path", "is_dir", "ignored"),
    [
        ("*.log", "a.log", False, True),
        ("*.log", "deep/er/a.log", False, True),
        ("/*.log", "deep/a.log", False, False),
        ("tests", "tests", True, True),
        ("tests", "a/tests/x.py", False, True),
        ("tests", "tests.py", False, False),
        ("tests", "tests-data/a", False, False),
        ("tests/", "tests", False, False),
        ("tests/", "tests/a.py", False, True),
        ("a/b", "x/a/b", False, False),
        ("a/**/b", "a/x/y/b", False, True),
        ("**/x", "a/b/x", False, True),
        ("data[0-9].csv", "data7.csv", False, True),
        ("data?.csv", "data7.csv", False, True),
        ("# comment", "# comment", False, False),
        ("\\#odd", "#odd", False, True),
        ("trailing   ", "trailing", False, True),
        (".venv", ".venv/lib/a.py", False, True),
        ("", "a.py", False, False),
    ],
)
def test_a_pattern_matches_as_in_git(line: str, path: str, is_dir: bool, ignored: bool) -> None:
    assert IgnoreRules((line,)).ignores(path, is_dir) is ignored


def test_the_last_pattern_that_matches_wins() -> None:
    rules = IgnoreRules(("*.md", "!README.md", "docs/README.md"))
    assert rules.ignores("a.md", False)
    assert not rules.ignores("README.md", False)
    assert rules.ignores("docs/README.md", False)


def test_nothing_comes_back_out_of_an_ignored_folder() -> None:
    rules = IgnoreRules(("build/", "!build/keep.txt"))
    assert rules.ignores("build/keep.txt", False)
    rules = IgnoreRules(("build/*", "!build/keep.txt"))
    assert not rules.ignores("build/keep.txt", False)
    assert rules.ignores("build/other.txt", False)


@pytest.mark.parametrize(
    ("path", "is_dir"),
    [
        ("local.settings.json", False),
        ("sub/local.settings.json", False),
        (".git", True),
        (".git", False),
        ("lib/.git/config", False),
        (".vscode/settings.json", False),
        ("a/__pycache__", True),
        ("a/b.pyc", False),
        (".funchost", True),
        (".funcignore", False),
        ("a/.gitignore", False),
        (".shop.zip.0a1b2c3d.funchost-part", False),
    ],
)
def test_some_names_are_never_packed_whatever_the_file_says(path: str, is_dir: bool) -> None:
    assert IgnoreRules(("!*",)).ignores(path, is_dir)


@pytest.mark.parametrize("path", ["tests/a.py", ".env.sample", "settings.json", ".python_packages/lib/a.py", "venv.py"])
def test_without_a_file_nothing_else_is_left_out(path: str) -> None:
    assert not IgnoreRules().ignores(path, False)


def test_compiled_modules_without_source_stay_in_installed_packages() -> None:
    rules = IgnoreRules()
    assert not rules.ignores(".python_packages/lib/site-packages/closed/code.pyc", False)
    assert rules.ignores(".python_packages/lib/site-packages/__pycache__/code.cpython-311.pyc", False)


def test_patterns_for_the_project_cut_no_holes_into_installed_packages() -> None:
    inside = ".python_packages/lib/site-packages/numpy/tests/data.log"
    assert not IgnoreRules(("tests/", "*.log", "data*")).ignores(inside, False)
    assert IgnoreRules((".python_packages",)).ignores(inside, False)
    assert IgnoreRules((".python*",)).ignores(inside, False)
    assert IgnoreRules(("*", "!host.json")).ignores(inside, False)
    assert IgnoreRules((".python_packages/**/tests/",)).ignores(inside, False)


def test_the_file_may_have_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    (tmp_path / ".funcignore").write_bytes(b"\xef\xbb\xbftests\r\n*.log\r\n")
    rules = IgnoreRules.read(tmp_path)
    assert rules.ignores("tests", True)
    assert rules.ignores("a.log", False)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".funcignore").mkdir()
    with pytest.raises(PackageError, match=r"\.funcignore cannot be read: Is a directory"):
        IgnoreRules.read(tmp_path)
