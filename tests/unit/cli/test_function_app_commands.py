"""What all commands about function apps have in common."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click
import pytest

from funchost.cli.azure import azure
from funchost.cli.functionapp import functionapp
from funchost.cli.functionapp_server import ServerArguments

SERVER = frozenset(ServerArguments.__dataclass_fields__)


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, f"{path} {name}"
        assert command.name == name
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


ALL = [*commands(functionapp, "functionapp"), *commands(azure, "azure")]


@pytest.mark.parametrize(("path", "command"), ALL, ids=[path for path, _ in ALL])
def test_options_are_those_that_the_command_takes(path: str, command: click.Command) -> None:
    assert command.callback is not None
    parameters = inspect.signature(command.callback).parameters.values()
    takes = {one.name for one in parameters if one.kind is not one.VAR_KEYWORD}
    given = {str(one.name) for one in command.params if one.expose_value}
    assert takes <= given
    if path not in ("functionapp create", "azure functionapp publish"):
        assert given - takes <= SERVER


@pytest.mark.parametrize(("path", "command"), ALL, ids=[path for path, _ in ALL])
def test_every_command_explains_itself_and_takes_a_server(path: str, command: click.Command) -> None:
    assert command.help
    assert "Examples:" in (command.epilog or "")
    flags = {flag for one in command.params for flag in one.opts}
    assert {"--management-url", "--access-token", "--access-token-stdin", "--ca-file"} <= flags


def test_the_words_of_the_existing_tools_are_there() -> None:
    paths = {path for path, _ in ALL}
    for verb in "create list show delete start stop restart".split():
        assert f"functionapp {verb}" in paths
    for words in (
        "config appsettings set", "config appsettings list", "config appsettings delete", "cors add", "cors remove",
        "cors show", "keys list", "keys set", "keys delete", "deployment list", "deployment show",
        "deployment rollback", "deployment slot create", "deployment slot swap", "deployment slot list",
        "deployment slot delete", "log tail", "scale show", "scale set", "deployment list-publishing-profiles",
    ):  # fmt: skip
        assert f"functionapp {words}" in paths
    for words in ("publish", "list-functions", "logstream", "fetch-app-settings", "fetch"):
        assert f"azure functionapp {words}" in paths
    assert "azure storage fetch-connection-string" in paths


def test_publish_has_every_option_of_the_existing_tool() -> None:
    publish = dict(ALL)["azure functionapp publish"]
    flags = {flag for one in publish.params for flag in one.opts}
    assert flags >= set(
        "-i --publish-local-settings -o --publish-settings-only -y --overwrite-settings --list-ignored-files"
        " --list-included-files --nozip -b --build --build-native-deps --additional-packages --no-build --no-bundler"
        " --show-keys --force --csx --dotnet-cli-params --dotnet-version --slot --subscription --management-url"
        " --access-token --access-token-stdin".split()
    )
