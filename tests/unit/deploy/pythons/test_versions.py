from __future__ import annotations

import pytest

from funchost.deploy.pythons import check_pair
from funchost.deploy.pythons.versions import functions_version, python_version, valid_pythons
from funchost.errors import RefusedError


@pytest.mark.parametrize(("text", "version"), [("3.6", "3.6"), ("3.14", "3.14"), (" 3.11 ", "3.11")])
def test_a_minor_version_is_taken(text: str, version: str) -> None:
    assert python_version(text) == version


def test_a_patch_release_is_refused_with_what_to_ask_for() -> None:
    with pytest.raises(RefusedError, match=r"'3\.8\.1' names a patch release.*ask for 3\.8\.") as caught:
        python_version("3.8.1")
    assert (caught.value.status, caught.value.code) == (400, "BadRequest")


@pytest.mark.parametrize(
    "text", ["", "3", "2.7", "3.5", "3.15", "4", "3.11; rm", "../3.11", "python3.11", "٣.١١", "3.1\n1"]
)
def test_what_is_no_version_is_refused_with_the_range(text: str) -> None:
    with pytest.raises(RefusedError, match=r"3\.6 to 3\.14"):
        python_version(text)


def test_a_very_long_version_is_not_repeated_in_full() -> None:
    with pytest.raises(RefusedError) as caught:
        python_version("9" * 10_000)
    assert len(caught.value.message) < 200


@pytest.mark.parametrize(("text", "version"), [("2", "2"), ("~2", "2"), ("3", "3"), ("~4", "4"), (" 4 ", "4")])
def test_a_version_of_functions_is_taken_with_or_without_tilde(text: str, version: str) -> None:
    assert functions_version(text) == version


@pytest.mark.parametrize("text", ["", "1", "~1", "5", "4.0", "~~4", "v4"])
def test_a_version_of_functions_without_python_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="2, 3 and 4"):
        functions_version(text)


@pytest.mark.parametrize(
    ("functions", "python"),
    [("2", "3.6"), ("~2", "3.7"), ("3", "3.6"), ("3", "3.7"), ("~3", "3.8"), ("4", "3.6"), ("~4", "3.14")],
)
def test_the_pairs_of_the_guide_are_valid(functions: str, python: str) -> None:
    check_pair(functions, python)


@pytest.mark.parametrize(("functions", "python"), [("2", "3.8"), ("~3", "3.9"), ("3", "3.14")])
def test_another_pair_is_refused_with_the_valid_ones(functions: str, python: str) -> None:
    pairs = r"version 2 takes 3\.6 and 3\.7; version 3 takes 3\.6, 3\.7 and 3\.8; version 4 takes 3\.6 to 3\.14"
    with pytest.raises(RefusedError, match=pairs) as caught:
        check_pair(functions, python)
    assert caught.value.status == 400


def test_version_four_takes_every_python() -> None:
    assert valid_pythons("~4") == tuple(f"3.{minor}" for minor in range(6, 15))
