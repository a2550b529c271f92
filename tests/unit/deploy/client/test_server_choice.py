from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from funchost.deploy.client.azure_login import PUBLIC_AZURE
from funchost.deploy.client.credentials import Bearer
from funchost.deploy.client.server_choice import ManagementServer, ServerOptions, choose_server
from funchost.deploy.client.servers_file import KnownServer, KnownServers
from funchost.errors import FuncHostError, UsageError

OWN = "http://127.0.0.1:7070"
KNOWN = KnownServers(OWN, {OWN: KnownServer("own-token", "PEM")})
NOTHING = KnownServers()
AZ_TOKEN = ("az", "account", "get-access-token")
AZ_CLOUD = ("az", "cloud", "show")


class Tools:
    """Az and PowerShell: what they print, by their first words."""

    def __init__(self, answers: Mapping[tuple[str, ...], str]) -> None:
        self.answers = answers
        self.asked: list[Sequence[str]] = []

    def __call__(self, arguments: Sequence[str]) -> str | None:
        self.asked.append(arguments)
        for words, answer in self.answers.items():
            if tuple(arguments[: len(words)]) == words:
                return answer
        return None


def choose(
    options: ServerOptions = ServerOptions(),  # noqa: B008
    environ: Mapping[str, str] | None = None,
    known: KnownServers = NOTHING,
    tools: Tools | None = None,
) -> ManagementServer:
    return choose_server(options, environ or {}, known, tools or Tools({}))


def test_the_server_of_this_machine_is_the_default() -> None:
    server = choose(known=KNOWN)
    assert server == ManagementServer(OWN, Bearer("own-token"), "PEM")
    assert (server.azure, server.host) == (False, "127.0.0.1")


def test_the_other_known_servers_are_named_where_nobody_has_chosen() -> None:
    other = "http://127.0.0.1:8080"
    known = KnownServers(OWN, {OWN: KnownServer("own-token"), other: KnownServer("t")})
    assert choose(known=known).others == (other,)
    assert choose(ServerOptions(OWN), known=known).others == ()
    assert choose(environ={"FUNCHOST_MANAGEMENT_URL": OWN}, known=known).others == ()


def test_order_of_addresses() -> None:
    environ = {"FUNCHOST_MANAGEMENT_URL": "http://env:1/", "AZURE_MANAGEMENT_ACCESS_TOKEN": "t"}
    assert choose(ServerOptions("http://option:1"), environ, KNOWN).url == "http://option:1"
    assert choose(ServerOptions(), environ, KNOWN).url == "http://env:1"
    cloud = Tools({AZ_CLOUD: "https://management.usgovcloudapi.net/\n", AZ_TOKEN: "t"})
    assert choose(tools=cloud).url == "https://management.usgovcloudapi.net"
    assert choose(tools=Tools({AZ_TOKEN: "t"})).url == PUBLIC_AZURE


def test_order_of_tokens() -> None:
    given = ServerOptions(OWN, "option-token")
    environ = {"AZURE_MANAGEMENT_ACCESS_TOKEN": "env-token"}
    assert choose(given, environ, KNOWN).credential == Bearer("option-token")
    assert choose(ServerOptions(OWN), environ, KNOWN).credential == Bearer("own-token")
    assert choose(ServerOptions("http://other:1"), environ, KNOWN).credential == Bearer("env-token")
    azure = ServerOptions(PUBLIC_AZURE)
    tools = Tools({AZ_TOKEN: '{"accessToken": "az-token"}', ("pwsh",): "ps-token"})
    assert choose(azure, environ, KNOWN, tools).credential == Bearer("az-token")
    assert choose(azure, environ, KNOWN, Tools({("pwsh",): "ps-token\n"})).credential == Bearer("ps-token")
    assert choose(azure, environ, KNOWN, Tools({("powershell",): "old"})).credential == Bearer("old")
    assert choose(azure, environ, KNOWN).credential == Bearer("env-token")


def test_the_login_of_azure_is_for_azure_only() -> None:
    tools = Tools({AZ_TOKEN: "az-token"})
    with pytest.raises(FuncHostError, match="no access token for http://other:1"):
        choose(ServerOptions("http://other:1"), tools=tools)
    assert tools.asked == []


def test_without_any_token_azure_is_said_to_be_out_of_reach() -> None:
    with pytest.raises(FuncHostError, match=r"^Unable to connect to Azure\."):
        choose()


@pytest.mark.parametrize("url", ["", "7070", "ftp://x", "http://", "http://u:p@x", "http://x:99999", "http://x?a=1"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="--management-url"):
        choose(ServerOptions(url), known=KNOWN)


def test_certificates_of_the_command_line_win(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("OPTION")
    other = tmp_path / "other.pem"
    other.write_text("ENV")
    environ = {"FUNCHOST_CA_FILE": str(other)}
    assert choose(ServerOptions(OWN, ca_file=file), environ, KNOWN).certificates == "OPTION"
    assert choose(ServerOptions(OWN), environ, KNOWN).certificates == "ENV"
    with pytest.raises(FuncHostError, match="cannot be read"):
        choose(ServerOptions(OWN, ca_file=tmp_path / "none.pem"), known=KNOWN)


def test_tokens_are_in_no_repr() -> None:
    options = ServerOptions(OWN, "option-token")
    assert "option-token" not in repr(options) + repr(choose(options))
