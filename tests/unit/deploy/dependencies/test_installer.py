"""install: what becomes of packages without wheels, and of a folder when installing fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from funchost.deploy.dependencies import Platform, TargetPython, install
from funchost.deploy.dependencies.installation import InstalledPackage, InstalledPackages
from funchost.deploy.dependencies.requirements import Requirements, Source
from funchost.errors import BuildError, ExitCode, NativeDependenciesError
from tests.unit.deploy.dependencies.fake_installer import FakeInstaller, puts, says

PYTHON = TargetPython((3, 12), Path("/usr/bin/python3.12"), Platform("linux", "x86_64"))
NO_WHEEL = says("error: No solution", "hint: Wheels are required for `old` because building from source is disabled")


def run(root: Path, installer: FakeInstaller, *, wheels_only: bool = True, empty: bool = False) -> InstalledPackages:
    """Install into root/packages."""
    (root / "requirements.txt").write_text("old\n")
    requirements = Requirements(root, Source.REQUIREMENTS, (root / "requirements.txt",), empty=empty)
    return install(
        requirements,
        PYTHON,
        root / "packages",
        wheels_only=wheels_only,
        environment={"PATH": "/bin"},
        on_line=lambda line: None,
        installer=installer,
    )


def test_packages_take_the_place_of_those_before(tmp_path: Path) -> None:
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages/stale.py").touch()
    assert run(tmp_path, FakeInstaller(puts("new", "2.0"))) == InstalledPackages(
        (InstalledPackage("new", "2.0"),), "fake"
    )
    assert sorted(path.name for path in (tmp_path / "packages").iterdir()) == ["new-2.0.dist-info", "new.py"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["packages", "requirements.txt"]


def test_nothing_is_asked_of_the_installer_when_nothing_is_required(tmp_path: Path) -> None:
    assert run(tmp_path, FakeInstaller(), empty=True).packages == ()
    assert (tmp_path / "packages").is_dir()


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages/stale.py").touch()
    with pytest.raises(BuildError) as caught:
        run(tmp_path, FakeInstaller(says("Resolved", "error: Hash mismatch for `six==1.17.0`")))
    assert caught.value.message == (
        "The packages of requirements.txt could not be installed for Python 3.12 on Linux x86_64. fake said:\n"
        "  error: Hash mismatch for `six==1.17.0`"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["packages", "requirements.txt"]
    assert (tmp_path / "packages/stale.py").exists()


def test_a_package_without_a_wheel_may_be_pure_python(tmp_path: Path) -> None:
    installer = FakeInstaller(NO_WHEEL, puts("old"))
    assert run(tmp_path, installer).packages == (InstalledPackage("old", "1.0"),)
    assert installer.built == [(), ("old",)]
    assert installer.orders[1].environment["CC"] == "false"
    assert installer.orders[1].cache != installer.orders[0].cache


def test_a_package_that_needs_a_compiler_is_exit_code_4_with_advice(tmp_path: Path) -> None:
    with pytest.raises(NativeDependenciesError) as caught:
        run(tmp_path, FakeInstaller(NO_WHEEL, says("error: Failed to build `old==1.0`", "gcc: not found")))
    assert caught.value.exit_code is ExitCode.NATIVE_DEPENDENCIES
    assert caught.value.message.startswith("old of requirements.txt has no wheel for Python 3.12 on Linux x86_64 and")
    assert "--build-native-deps" in str(caught.value.hint)
    assert not (tmp_path / "packages").exists()


def test_a_package_that_was_built_for_this_machine_only_does_not_count(tmp_path: Path) -> None:
    with pytest.raises(NativeDependenciesError, match=r"old==1\.0 of requirements.txt has no wheel"):
        run(tmp_path, FakeInstaller(NO_WHEEL, puts("old", tag="cp312-cp312-linux_x86_64")))


def test_packages_without_wheels_are_found_one_after_the_other(tmp_path: Path) -> None:
    second = says("error: ...", "hint: Wheels are required for `older` because building from source is disabled")
    installer = FakeInstaller(NO_WHEEL, second, puts("old"))
    run(tmp_path, installer)
    assert installer.built == [(), ("old",), ("old", "older")]


def test_where_compiling_is_allowed_nothing_is_tried_twice(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="old could not be built from source") as caught:
        run(tmp_path, FakeInstaller(says("error: Failed to build `old==1.0`")), wheels_only=False)
    assert not isinstance(caught.value, NativeDependenciesError)


def test_a_missing_network_is_the_cause_that_is_named(tmp_path: Path) -> None:
    step = says("error: Failed to fetch: https://example.com/simple/six/", "  cause: dns error")
    with pytest.raises(BuildError, match="the package index cannot be reached") as caught:
        run(tmp_path, FakeInstaller(step))
    assert "network" in str(caught.value.hint)


def test_a_package_that_does_not_exist_is_no_question_of_wheels(tmp_path: Path) -> None:
    step = says("error: No solution found", "  cause: Because nope was not found in the package registry")
    with pytest.raises(BuildError, match="nope was not found") as caught:
        run(tmp_path, FakeInstaller(step))
    assert not isinstance(caught.value, NativeDependenciesError)


UNNAMED = "error: Building source distributions is disabled"


def test_a_folder_whose_name_is_not_written_is_built_without_a_compiler(tmp_path: Path) -> None:
    installer = FakeInstaller(says(UNNAMED), puts("mine"))
    assert [each.name for each in run(tmp_path, installer).packages] == ["mine"]
    assert [order.any_source for order in installer.orders] == [False, True]
    assert installer.orders[1].environment["CC"] == "false"


def test_what_such_a_folder_compiled_for_this_machine_does_not_count(tmp_path: Path) -> None:
    with pytest.raises(NativeDependenciesError, match="mine==1.0 of requirements.txt has no wheel"):
        run(tmp_path, FakeInstaller(says(UNNAMED), puts("mine", tag="cp311-cp311-linux_x86_64")))


def test_wheels_of_an_index_count_beside_such_a_folder(tmp_path: Path) -> None:
    step = puts("fast", tag="cp311-cp311-manylinux_2_17_x86_64")
    assert [each.name for each in run(tmp_path, FakeInstaller(says(UNNAMED), step)).packages] == ["fast"]
