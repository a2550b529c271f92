"""Which server the commands about function apps talk to: their common options, and the connection."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from funchost.cli.folder_option import project_options
from funchost.cli.grammar import ToolCommand, ToolOption
from funchost.errors import FuncHostError, ServerUnreachableError, UsageError
from funchost.settings import process_environment

if TYPE_CHECKING:
    from funchost.deploy.client.management import ManagementClient
    from funchost.deploy.client.scm import ScmClient
    from funchost.deploy.client.server_choice import ManagementServer
    from funchost.deploy.client.site_resource import SiteResource
    from funchost.deploy.client.wire import Wire

STDIN_TOKEN = "--access-token-stdin"  # noqa: S105 - the name of an option
OWN_GROUP = "funchost"


@dataclass(frozen=True)
class ServerArguments:
    """What the command line says about the server.

    Args:
        management_url: option --management-url.
        access_token: option --access-token; secret.
        access_token_stdin: the token comes on stdin.
        subscription: option --subscription.
        ca_file: option --ca-file.
        resource_group: option --resource-group; servers of our own have one only.
    """

    management_url: str | None = None
    access_token: str | None = field(default=None, repr=False)
    access_token_stdin: bool = False
    subscription: str | None = None
    ca_file: Path | None = None
    resource_group: str | None = None


@dataclass(frozen=True)
class Connection:
    """A server that can be called.

    Args:
        server: which.
        management: its management calls.
        wire: for other calls to it.
        arguments: of the command line.
    """

    server: ManagementServer
    management: ManagementClient
    wire: Wire
    arguments: ServerArguments

    async def find(self, app: str, slot: str | None) -> str:
        """Return the id of a site; see ManagementClient.find."""
        return await self.management.find(app, None if is_production(slot) else slot, self.arguments.subscription)

    async def site(self, app: str, slot: str | None) -> SiteResource:
        return await self.management.site(await self.find(app, slot))

    async def check_effect(self, site_id: str) -> None:
        """Raises: FuncHostError: the app does not run with what was changed."""
        errors = (await self.management.site(site_id)).errors
        if errors:
            raise FuncHostError(
                "The change is stored, and the app does not run with it:\n" + "\n".join(errors),
                hint="The version that loaded before goes on serving. Another change or a deployment can mend it.",
            )

    async def scm(self, app: str, slot: str | None) -> ScmClient:
        """Return the client of a site's SCM API."""
        from funchost.deploy.client.scm import ScmClient
        from funchost.deploy.client.site_resource import host_url

        site = await self.site(app, slot)
        return ScmClient(self.wire, host_url(self.server.url, site.scm_host))

    async def subscription(self) -> str:
        """Return the subscription that is meant, else the first that the token sees."""
        found = self.arguments.subscription or next(iter(await self.management.subscriptions()), None)
        if found is None:
            raise UsageError("The token sees no subscription.", hint="--subscription names one.")
        return found


Work = Callable[[Connection], Awaitable[None]]


def server_options() -> list[ToolOption]:
    """Return the options that say which server is meant, and those that every command takes."""
    of_all = [option for option in project_options("") if option.name != "script_root"]
    return [
        ToolOption(
            "management_url", "--management-url", metavar="URL",
            help="The server (default: FUNCHOST_MANAGEMENT_URL, the server of this machine, the cloud az is set to).",
        ),
        ToolOption("access_token", "--access-token", metavar="TOKEN", help="Access token; others can see it run."),
        ToolOption("access_token_stdin", STDIN_TOKEN, is_flag=True, help="Read the token from stdin, raw or as JSON."),
        ToolOption("subscription", "--subscription", metavar="ID", help="Look for the app in this one only."),
        ToolOption(
            "ca_file", "--ca-file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
            help="PEM file with the server's certificate or its authority (default: FUNCHOST_CA_FILE).",
        ),
        *of_all,
    ]  # fmt: skip


def site_options(*, slot: bool = True) -> list[ToolOption]:
    """Return the options that say which app is meant."""
    options = [
        ToolOption("name", "--name", "-n", required=True, metavar="APP", help="Name of the function app."),
        ToolOption("slot", "--slot", "-s", metavar="SLOT", help="A slot of it (default: the app itself)."),
        group_option(),
    ]
    return options if slot else [option for option in options if option.name != "slot"]


def group_option() -> ToolOption:
    return ToolOption(
        "resource_group", "--resource-group", "-g", metavar="GROUP", no_effect="names are unique without it"
    )


def site_command(
    name: str, callback: Callable[..., None], *params: ToolOption, epilog: str, slot: bool = True
) -> ToolCommand:
    """Return a command about one site.

    Args:
        name: of the command.
        callback: gets the options; its docstring is the help.
        params: its own options.
        epilog: examples.
        slot: whether it has the common option --slot.
    """
    options: list[click.Parameter] = [*site_options(slot=slot), *params, *server_options()]
    return ToolCommand(name, params=options, callback=callback, help=callback.__doc__, epilog=epilog)


def on_server(arguments: ServerArguments, work: Work) -> None:
    """Do `work` with a connection to the server that the command line means.

    Raises:
        FuncHostError: there is no token, the server refuses or cannot be reached; or what `work` raises.
    """
    import asyncio  # takes as long as all the rest of the tool, and help needs none

    server = chosen_server(arguments)

    async def run() -> None:
        async with connected(server, arguments) as connection:
            await work(connection)

    asyncio.run(run())


def chosen_server(arguments: ServerArguments) -> ManagementServer:
    """Return the server that the command line means; see choose_server."""
    # Help and wrong command lines must not wait for these imports.
    from funchost.deploy.client.azure_login import run_command
    from funchost.deploy.client.server_choice import ServerOptions, choose_server
    from funchost.deploy.client.servers_file import config_folder, load

    token, source = arguments.access_token, "--access-token"
    if arguments.access_token_stdin:
        if token is not None:
            raise UsageError(f"--access-token and {STDIN_TOKEN} are two tokens.", hint="Leave one of them out.")
        token, source = sys.stdin.read(), STDIN_TOKEN
    environ = process_environment()
    known = load(config_folder(environ, Path.home()))
    options = ServerOptions(arguments.management_url, token, source, arguments.ca_file)
    return choose_server(options, environ, known, run_command)


@asynccontextmanager
async def connected(server: ManagementServer, arguments: ServerArguments) -> AsyncIterator[Connection]:
    """Open a connection to a server."""
    from funchost.deploy.client.management import ManagementClient
    from funchost.deploy.client.wire import Wire, open_session

    async with open_session(server.url, server.certificates) as session:
        wire = Wire(session, server.credential)
        try:
            yield Connection(server, ManagementClient(wire, server.url), wire, arguments)
        except ServerUnreachableError as error:
            if server.others:
                error.hint = f"{error.hint or ''} Known to this user too: {', '.join(server.others)}.".strip()
            raise


def is_production(slot: str | None) -> bool:
    """Return whether the app itself is meant, which slot commands call ``production``."""
    return slot is None or slot.lower() == "production"
