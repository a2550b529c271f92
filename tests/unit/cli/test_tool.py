from __future__ import annotations

from collections.abc import Callable

import pytest

import funchost
from funchost.cli.start_options import OPTIONS
from funchost.cli.tool import run

Run = Callable[..., tuple[int, str, str]]

OF_THE_EXISTING_TOOL = """
    -p --port --address --cors --cors-credentials -t --timeout --useHttps --cert --password --language-worker
    --no-build --enableAuth --functions --user-log-level --enable-json-output --json-output-file --runtime
    --dotnet-isolated-debug --verbose --offline --script-root --prefix --debug --pause-on-error
    --python --node --javascript --typescript --dotnet --csharp --dotnet-isolated --java --powershell --custom
    --go --golang --use-https --enable-auth
""".split()


@pytest.fixture
def tool(capfd: pytest.CaptureFixture[str]) -> Run:
    def run_tool(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return run_tool


@pytest.mark.parametrize("words", [[], ["help"], ["--help"], ["-h"], ["-?"], ["HELP"]])
def test_help_lists_the_commands(tool: Run, words: list[str]) -> None:
    code, out, err = tool(*words)
    assert (code, err) == (0, "")
    assert "Usage: func" in out
    assert "start" in out
    assert "Examples:" in out


@pytest.mark.parametrize(
    "words", [["start", "--help"], ["start", "-h"], ["START", "-?"], ["host", "start", "--help"], ["help", "start"]]
)
def test_help_of_start_has_its_options_and_examples(tool: Run, words: list[str]) -> None:
    code, out, _ = tool(*words)
    assert code == 0
    assert "--cors-credentials" in out
    assert "Accepted without effect: --no-build" in out
    assert "func start -p 8080 --functions Items Orders" in out
    assert "func HOST" not in out


def test_help_shows_one_spelling(tool: Run) -> None:
    _, out, _ = tool("start", "--help")
    assert "--use-https" in out
    assert "--useHttps" not in out


def test_version_command(tool: Run) -> None:
    assert tool("version") == (0, f"{funchost.__version__}\n", "")


def test_unknown_command_has_a_suggestion(tool: Run) -> None:
    code, out, err = tool("strat")
    assert (code, out) == (2, "")
    assert err.splitlines()[0] == "error: 'strat' is not a command of func."
    assert "Did you mean 'func start'?" in err


def test_command_that_only_the_existing_tool_has_says_so(tool: Run) -> None:
    code, _, err = tool("kubernetes", "deploy", "--name", "x")
    assert code == 2
    assert "'kubernetes' is not a command of this version of func." in err
    assert "'func server start' serves apps" in err
    assert "'az login'" in tool("azure", "login")[2]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("publish", "'func azure functionapp publish'"),
        ("azure publish", "'func azure functionapp publish'"),
        ("azure functionapp list", "'func functionapp list'"),
        ("functionapp Publish", "'func azure functionapp publish'"),
        ("azure functionapp pubish", "'func azure functionapp publish'"),
    ],
)
def test_command_of_another_place_is_found(tool: Run, written: str, meant: str) -> None:
    code, _, err = tool(*written.split(), "shop")
    assert code == 2
    assert f"Did you mean {meant}?" in err


@pytest.mark.parametrize("group", ["", "azure functionapp", "functionapp", "functionapp deployment", "storage queue"])
def test_lists_of_commands_have_whole_sentences(tool: Run, group: str) -> None:
    code, out, _ = tool(*group.split(), "--help")
    assert code == 0
    assert "..." not in out.partition("Commands:")[2].partition("Examples:")[0]


def test_name_that_many_commands_have_gets_no_guess(tool: Run) -> None:
    assert "Did you mean" not in tool("list")[2]


@pytest.mark.parametrize(
    ("written", "near"), [("--prot", "--port"), ("--enableAuht", "--enableAuth"), ("--corss", "--cors")]
)
def test_unknown_option_has_the_nearest_as_advice(tool: Run, written: str, near: str) -> None:
    code, out, err = tool("start", written)
    assert (code, out) == (2, "")
    assert err.splitlines()[0] == f"error: There is no option {written}."
    assert f"Did you mean {near}?" in err


def test_a_word_that_begins_with_a_dash_has_its_place(tool: Run) -> None:
    code, _, err = tool("storage", "queue", "put", "orders", "-5")
    assert code == 2
    assert err.splitlines()[0] == "error: There is no option -5."
    assert "comes last, behind '--'" in err
    assert "behind '--'" not in tool("start", "-5")[2]


def test_wrong_value_names_option_and_value(tool: Run) -> None:
    code, _, err = tool("start", "--port", "many")
    assert code == 2
    assert "'--port'" in err
    assert "'many' is not a port number" in err


def test_missing_folder_is_named(tool: Run) -> None:
    code, _, err = tool("start", "--script-root", "/nowhere/at/all")
    assert code == 2
    assert err.splitlines()[0] == 'error: "/nowhere/at/all" doesn\'t exist.'


def test_debug_shows_the_traceback(tool: Run) -> None:
    assert "Traceback" not in tool("start", "--script-root", "/nowhere")[2]
    assert "Traceback" in tool("--debug", "start", "--script-root", "/nowhere")[2]


def test_every_option_of_the_existing_tool_is_declared() -> None:
    flags = {flag for option in OPTIONS for flag in option.opts}
    assert not set(OF_THE_EXISTING_TOOL) - flags


def test_every_option_has_help_or_a_reason() -> None:
    assert [option.name for option in OPTIONS if not option.help and not option.no_effect] == []
