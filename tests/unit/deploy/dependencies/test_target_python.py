"""TargetPython: what users call Pythons and platforms."""

from __future__ import annotations

from pathlib import Path

import pytest

from funchost.deploy.dependencies import (
    Platform,
    TargetPython,
    read_platform,
    read_version,
    site_packages_folder,
    this_platform,
)
from funchost.errors import UsageError


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("linux-x86_64", Platform("linux", "x86_64")),
        ("linux/amd64", Platform("linux", "x86_64")),
        ("Linux-ARM64", Platform("linux", "aarch64")),
        ("macos-arm64", Platform("macos", "aarch64")),
        ("darwin/x64", Platform("macos", "x86_64")),
    ],
)
def test_platforms_have_several_spellings(text: str, platform: Platform) -> None:
    assert read_platform(text) == platform


@pytest.mark.parametrize("text", ["", "linux", "windows-x86_64", "linux-riscv64"])
def test_other_platforms_are_refused_with_a_list(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_platform(text)
    assert "linux-aarch64" in str(caught.value.hint)


def test_versions_may_name_a_patch() -> None:
    assert read_version("3.11") == (3, 11)
    assert read_version("3.8.18") == (3, 8)
    for text in ("3", "2.7", "3.x", "latest", "3.11.", "3.111"):
        with pytest.raises(UsageError, match="is not a version of Python"):
            read_version(text)


def test_this_machine_is_the_target_only_with_its_python_and_platform() -> None:
    here, python = this_platform(), Path("/usr/bin/python3")
    other = Platform("linux" if here.system == "macos" else "macos", "x86_64")
    assert TargetPython((3, 11), python).is_here
    assert TargetPython((3, 11), python, here).is_here
    assert not TargetPython((3, 11), None, here).is_here
    assert not TargetPython((3, 11), python, other).is_here


def test_packages_of_an_old_3_6_app_are_where_its_tools_put_them(tmp_path: Path) -> None:
    usual = tmp_path / ".python_packages/lib/site-packages"
    old = tmp_path / ".python_packages/lib/python3.6/site-packages"
    assert site_packages_folder(tmp_path, TargetPython((3, 6))) == usual
    old.mkdir(parents=True)
    assert site_packages_folder(tmp_path, TargetPython((3, 6))) == old
    assert site_packages_folder(tmp_path, TargetPython((3, 7))) == usual
    usual.mkdir(parents=True)
    assert site_packages_folder(tmp_path, TargetPython((3, 6))) == usual
