from __future__ import annotations

import json
from collections.abc import Iterator

import click
import pytest

from funchost.cli.functionapp import functionapp
from funchost.cli.functionapp_deployment import before_the_active
from funchost.cli.functionapp_output import cell, show_list, show_one, table
from funchost.deploy.client.scm import DeploymentRecord
from funchost.errors import FuncHostError

DOCUMENTS = [{"name": "a", "urls": ["x", "y"], "on": True}, {"name": "longer", "urls": [], "on": False, "more": 1}]
COLUMNS = {"Name": "name", "Urls": "urls", "On": "on"}


def test_tables_are_as_wide_as_their_cells() -> None:
    assert list(table(DOCUMENTS, COLUMNS)) == [
        "Name    Urls  On",
        "------  ----  ---",
        "a       x, y  yes",
        "longer        no",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), ({"a": 1}, '{"a": 1}'), (3, "3"), ("a\nb\x1b[1m", "a b [1m"), (["a", True], "a, yes")],
)
def test_cells_are_one_line_that_commands_no_terminal(value: object, text: str) -> None:
    assert cell(value) == text


def test_json_is_the_default_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    show_list(DOCUMENTS, COLUMNS, None)
    assert json.loads(capsys.readouterr().out) == DOCUMENTS
    show_one(DOCUMENTS[0], None)
    assert json.loads(capsys.readouterr().out) == DOCUMENTS[0]


def test_other_formats_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    show_list(DOCUMENTS, COLUMNS, "tsv")
    assert capsys.readouterr().out == "a\tx, y\tyes\nlonger\t\tno\n"
    show_one({"name": "a", "url": None}, "table")
    assert capsys.readouterr().out == "name  a\nurl\n"
    show_list(DOCUMENTS, COLUMNS, "none")
    show_one(DOCUMENTS[0], "none")
    assert capsys.readouterr().out == ""


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _commands(inner, f"{path} {name}".strip())
    else:
        yield path, command


def test_every_command_takes_an_output_format_as_scripts_give_it() -> None:
    without = {
        path
        for path, command in _commands(functionapp, "")
        if all("-o" not in option.opts for option in command.params)
    }
    assert without == {"log tail", "deployment list-publishing-profiles"}


def test_rollback_goes_to_the_success_before_the_active_one() -> None:
    newest = DeploymentRecord("4", 3)
    active = DeploymentRecord("3", 4, active=True)
    failed = DeploymentRecord("2", 3)
    earlier = DeploymentRecord("1", 4)
    assert before_the_active([newest, active, failed, earlier]).id == "1"
    with pytest.raises(FuncHostError, match="no earlier deployment"):
        before_the_active([newest, active, failed])
