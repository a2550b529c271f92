"""What installers say, and what is made of it."""

from __future__ import annotations

import pytest

from funchost.deploy.dependencies.causes import is_offline, not_built, relevant, without_wheel
from funchost.deploy.dependencies.installer_process import without_credentials

UV_NO_WHEEL = """\
Using CPython 3.12.1 interpreter at: /usr/bin/python3
error: No solution found when resolving dependencies
  cause: Because typed-ast==1.5.4 has no usable wheels and you require typed-ast==1.5.4, we can conclude that your \
requirements are unsatisfiable.

hint: Wheels are required for `typed-ast` because building from source is disabled for all packages""".splitlines()
UV_LOCAL = ["error: Building source distributions is disabled, but attempted to build `mylib`"]
PIP_NO_WHEEL = [
    "ERROR: Could not find a version that satisfies the requirement docopt==0.6.2 (from versions: none)",
    "ERROR: No matching distribution found for docopt==0.6.2",
]


@pytest.mark.parametrize(
    ("lines", "names"),
    [(UV_NO_WHEEL, ("typed-ast",)), (UV_LOCAL, ("mylib",)), (PIP_NO_WHEEL, ("docopt",)), (["Resolved 2 packages"], ())],
)
def test_packages_without_a_wheel_are_found(lines: list[str], names: tuple[str, ...]) -> None:
    assert without_wheel(lines) == names


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("error: Failed to build `typed-ast==1.5.4`", "typed-ast"),
        ("  ERROR: Failed building wheel for numpy", "numpy"),
        ("ERROR: Could not build wheels for zope.interface, which is required", "zope.interface"),
    ],
)
def test_packages_that_were_not_built_are_found(line: str, name: str) -> None:
    assert not_built([line]) == (name,)


@pytest.mark.parametrize(
    ("line", "offline"),
    [
        ("  cause: dns error", True),
        ("  cause: tcp connect error", True),
        ("Failed to establish a new connection: [Errno 111] Connection refused", True),
        ("hint: Packages were unavailable because the network was disabled.", True),
        ("error: No solution found when resolving dependencies", False),
    ],
)
def test_a_missing_network_is_noticed(line: str, offline: bool) -> None:
    assert is_offline([line]) is offline


def test_what_is_shown_starts_at_the_first_error() -> None:
    assert relevant(UV_NO_WHEEL).startswith("  error: No solution found")
    assert "Using CPython" not in relevant(UV_NO_WHEEL)


def test_of_a_long_output_the_middle_is_left_out() -> None:
    lines = ["Resolved 1 package", "error: Failed to build `x==1`", *(f"line {number}" for number in range(100))]
    shown = relevant(lines, 8).splitlines()
    assert len(shown) == 9
    assert shown[0] == "  error: Failed to build `x==1`"
    assert shown[2] == "  ... 93 lines are left out here ..."
    assert shown[-1] == "  line 99"


def test_without_an_error_the_end_is_shown() -> None:
    assert relevant([f"line {number}" for number in range(50)], 2) == "  line 48\n  line 49"


def test_addresses_lose_their_credentials() -> None:
    text = "Looking in indexes: https://user:s3cret@example.com/simple, https://token@other.org/"
    assert without_credentials(text) == "Looking in indexes: https://***@example.com/simple, https://***@other.org/"
