from __future__ import annotations

import click
import pytest

from funchost.cli.grammar import ToolOption, canonical, command_first, number

OPTIONS = (
    ToolOption("port", "-p", "--port"),
    ToolOption("enable_auth", "--enable-auth", "--enableAuth", is_flag=True),
    ToolOption("verbose", "--verbose", is_flag=True),
    ToolOption("functions", "--functions", multiple=True),
    ToolOption("script_root", "--script-root", "--prefix"),
    ToolOption("language_worker", "--language-worker"),
)


@pytest.mark.parametrize(
    "written",
    [
        ["--port", "80"],
        ["--port=80"],
        ["--port:80"],
        ["--PORT", "80"],
        ["-p", "80"],
        ["-p80"],
        ["-p=80"],
        ["-p:80"],
        ["-P", "80"],
    ],
)
def test_every_form_of_an_option_with_a_value(written: list[str]) -> None:
    assert canonical(written, OPTIONS) == ["--port=80"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["--enable-auth"], ["--enable-auth"]),
        (["--enableAuth"], ["--enable-auth"]),
        (["--enableauth", "true"], ["--enable-auth"]),
        (["--enable-auth=True"], ["--enable-auth"]),
        (["--enable-auth:on"], ["--enable-auth"]),
        (["--enableAuth", "false"], []),
        (["--enable-auth=0"], []),
        (["--enable-auth", "--verbose"], ["--enable-auth", "--verbose"]),
        (["--enable-auth", "word"], ["--enable-auth", "word"]),
    ],
)
def test_switches_with_and_without_a_value(written: list[str], read: list[str]) -> None:
    assert canonical(written, OPTIONS) == read


def test_switch_with_another_value_is_refused() -> None:
    with pytest.raises(click.BadOptionUsage, match="'maybe' is not true or false"):
        canonical(["--verbose=maybe"], OPTIONS)


@pytest.mark.parametrize(
    "written",
    [
        ["--functions", "a", "b", "c"],
        ["--functions", "a,b,c"],
        ["--functions", "a,", "b", ",c"],
        ["--functions=a,b,c"],
        ["--functions=a", "b", "c"],
        ["--functions", "a", "--functions", "b,c"],
    ],
)
def test_many_values_up_to_the_next_option(written: list[str]) -> None:
    expected = ["--functions=a", "--functions=b", "--functions=c"]
    assert canonical([*written, "--port", "80"], OPTIONS) == [*expected, "--port=80"]


@pytest.mark.parametrize(
    "written",
    [
        ["--language-worker", "--", "-m debugpy --listen 127.0.0.1:9091"],
        ["--language-worker", "-m debugpy --listen 127.0.0.1:9091"],
        ["--language-worker=-m debugpy --listen 127.0.0.1:9091"],
    ],
)
def test_value_that_starts_with_a_dash(written: list[str]) -> None:
    expected = ["--language-worker=-m debugpy --listen 127.0.0.1:9091", "--verbose"]
    assert canonical([*written, "--verbose"], OPTIONS) == expected


def test_attached_value_keeps_its_own_separators() -> None:
    assert canonical(["--script-root=C:=x", "--prefix", "a=b"], OPTIONS) == ["--script-root=C:=x", "--script-root=a=b"]


def test_empty_value_is_a_value() -> None:
    assert canonical(["--script-root", ""], OPTIONS) == ["--script-root="]


@pytest.mark.parametrize("written", [["--port"], ["--port", "--verbose"], ["--functions"], ["--language-worker", "--"]])
def test_missing_value_names_the_option(written: list[str]) -> None:
    with pytest.raises(click.BadOptionUsage, match=f"Option '{written[0]}' needs a value"):
        canonical(written, OPTIONS)


def test_unknown_options_and_words_stay_as_they_are() -> None:
    written = ["word", "--prot=80", "-x", "--", "--port", "80"]
    assert canonical(written, OPTIONS) == written


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["--verbose", "start", "-p", "80"], ["start", "--verbose", "-p", "80"]),
        (
            ["--script-root", "x", "host", "start", "--cors", "y"],
            ["host", "start", "--script-root", "x", "--cors", "y"],
        ),
        (["--script-root=x", "start"], ["start", "--script-root=x"]),
        (["start", "--verbose"], ["start", "--verbose"]),
        (["--unknown", "start"], ["--unknown", "start"]),
        ([], []),
    ],
)
def test_options_in_front_of_the_command_move_behind_it(written: list[str], read: list[str]) -> None:
    assert command_first(written, OPTIONS) == read


def test_commas_belong_to_values_where_the_option_says_so() -> None:
    settings = ToolOption("settings", "--settings", multiple=True, commas=False)
    read = ["--settings=A=1,2", "--settings=B= x"]
    assert canonical(["--settings", "A=1,2", "B= x"], [settings]) == read


def test_bounds_of_numbers_are_written_in_full() -> None:
    with pytest.raises(click.BadParameter, match=r"'-1' is not a number of seconds \(1 to 2592000\)"):
        number(float, 1, 2_592_000, "a number of seconds")("-1")
