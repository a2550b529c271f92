"""`func server start`: serve function apps until a signal ends it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funchost.cli.grammar import ToolCommand, ToolOption, number
from funchost.cli.listening_options import address_option, certificate_option, port_option
from funchost.errors import UsageError
from funchost.settings import process_environment

if TYPE_CHECKING:
    from funchost.platform.apps.site_ports import PortRange
    from funchost.platform.scale.rules import ScaleRules
    from funchost.platform.server_options import ServerOptions
    from funchost.storage.endpoints import Service

MIB = 1024 * 1024
_DOMAIN_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-.")

EXAMPLES = """\b
Examples:
  func server start                                    on http://127.0.0.1:7070, for this user
  func server start --data /srv/funchost --port 8080   another data directory and port
  func server start --address 0.0.0.0 --https          for other machines too, with a certificate of its own
  func server start --domain apps.example.org --https --cert cert.pem --key key.pem

The first start prints the admin token, once, and notes it for the commands of this user. An app is at
http://APP.localhost:7070/, at http://APP.DOMAIN:7070/ with --domain, and on a port of its own. Ctrl-C ends the server:
running calls are finished first, a second Ctrl-C does not wait for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerChoices:
    """What the command line says; None = not given."""

    data: Path | None
    port: int
    address: str
    domain: str | None
    https: bool
    cert: Path | None
    key: Path | None
    password: str | None
    trusted_proxy: tuple[str, ...]
    app_ports: str | None
    storage_ports: str | None
    allow_python_downloads: bool
    upload_limit: float
    package_host: tuple[str, ...]
    keep_versions: int
    idle_seconds: float | None
    scale_in_seconds: float | None
    new_admin_token: bool


def run_start(**given: Any) -> int:
    """Serve function apps on this machine: publish to it as to Azure, with 'func' or the tools you have."""
    options = _options(ServerChoices(**given))
    from funchost.platform.server import serve  # help and wrong command lines must not wait for it

    return serve(options, _say)


def _options(choices: ServerChoices) -> ServerOptions:
    if (choices.cert or choices.key or choices.password) and not choices.https:
        raise UsageError("--cert, --key and --password are for HTTPS.", hint="Add --https.")
    if choices.key and not choices.cert:
        raise UsageError("--key is the key of a certificate.", hint="Name the certificate with --cert.")
    from funchost.deploy.client.servers_file import config_folder
    from funchost.http.tls import TlsOptions
    from funchost.platform.server_options import ServerOptions

    environ, home = process_environment(), Path.home()
    return ServerOptions(
        data=(choices.data or _default_data(environ, home)).absolute(),
        config_folder=config_folder(environ, home),
        environment=environ,
        address=choices.address,
        port=choices.port,
        domain=_domain(choices.domain),
        tls=TlsOptions(choices.cert, choices.password, choices.key) if choices.https else None,
        trusted_proxies=choices.trusted_proxy,
        app_ports=_port_range(choices.app_ports),
        storage_ports=_storage_ports(choices.storage_ports),
        python_downloads=choices.allow_python_downloads,
        upload_limit=int(choices.upload_limit * MIB),
        package_hosts=frozenset(host.lower() for host in choices.package_host),
        kept_versions=int(choices.keep_versions),
        scale_rules=_rules(choices),
        new_admin_token=choices.new_admin_token,
        as_root=os.geteuid() == 0,
    )


def _rules(choices: ServerChoices) -> ScaleRules:
    from funchost.platform.scale.rules import ScaleRules

    usual = ScaleRules()
    in_seconds = choices.scale_in_seconds or usual.in_seconds
    return replace(
        usual,
        idle_seconds=choices.idle_seconds or usual.idle_seconds,
        in_seconds=in_seconds,
        in_step_seconds=min(usual.in_step_seconds, in_seconds),
    )


def _default_data(environ: dict[str, str], home: Path) -> Path:
    shared = environ.get("XDG_DATA_HOME")
    return (Path(shared) if shared else home / ".local" / "share") / "funchost" / "server"


def _domain(text: str | None) -> str | None:
    if text is None:
        return None
    domain = text.strip().strip(".").lower()
    if not domain or len(domain) > 180 or set(domain) - _DOMAIN_CHARACTERS or ".." in domain:
        raise UsageError(f"--domain: {text!r} is no domain name.", hint="Write it as apps.example.org, without a port.")
    return domain


def _port_range(text: str | None) -> PortRange:
    from funchost.platform.apps.site_ports import PortRange

    if text is None:
        return PortRange()
    first, dash, last = (piece.strip() for piece in text.partition("-"))
    ports = _ports([first, last] if dash else [first, first])
    if ports is None or ports[0] > ports[1] or (dash and ports[0] == 0):
        raise UsageError(f"--app-ports: {text!r} is no range of ports.", hint="Write 20000-20999, or 0 for any free.")
    return PortRange(ports[0], ports[1])


def _storage_ports(text: str | None) -> dict[Service, int]:
    from funchost.platform.storage import DEFAULT_PORTS
    from funchost.storage.endpoints import SERVICES

    if text is None:
        return dict(DEFAULT_PORTS)
    pieces = text.split(",")
    ports = _ports(pieces * 3 if pieces == ["0"] else pieces)
    if ports is None or len(ports) != len(SERVICES):
        raise UsageError(
            f"--storage-ports: {text!r} are not three ports.", hint="Write 7080,7081,7082, or 0 for any free ones."
        )
    return dict(zip(SERVICES, ports, strict=True))


def _ports(pieces: list[str]) -> list[int] | None:
    numbers = [int(piece) for piece in pieces if piece.strip().isascii() and piece.strip().isdigit()]
    return numbers if len(numbers) == len(pieces) and all(one < 65536 for one in numbers) else None


def _say(text: str) -> None:
    with suppress(OSError):  # whoever read it is gone
        click.echo(text)
        sys.stdout.flush()


start = ToolCommand(
    "start",
    params=[
        ToolOption(
            "data",
            "--data",
            type=click.Path(path_type=Path, file_okay=False),
            metavar="FOLDER",
            help="Data directory.  [~/.local/share/funchost/server]",
        ),
        port_option("TCP port; 0 picks a free one.  [7070]", 7070),
        address_option("IP address.  [127.0.0.1]", "127.0.0.1"),
        ToolOption("domain", "--domain", metavar="NAME", help="Apps are at APP.NAME too, SCM at APP.scm.NAME."),
        ToolOption("https", "--https", "--use-https", is_flag=True, help="Serve HTTPS."),
        certificate_option("Certificate, PEM or PFX.  [a self-signed one, kept in the data directory]"),
        ToolOption(
            "key", "--key", type=click.Path(path_type=Path), metavar="FILE", help="Its private key, if in another file."
        ),
        ToolOption("password", "--password", metavar="FILE", help="File with the password of key or PFX."),
        ToolOption(
            "trusted_proxy",
            "--trusted-proxy",
            multiple=True,
            metavar="IP...",
            help="Proxies in front of the server, whose X-Forwarded-Proto and -Host hold.  [none]",
        ),
        ToolOption(
            "app_ports", "--app-ports", metavar="RANGE", help="Ports for single apps; 0 = any free.  [20000-20999]"
        ),
        ToolOption(
            "storage_ports",
            "--storage-ports",
            metavar="PORTS",
            help="Of blobs, queues and tables; 0 = any free.  [7080,7081,7082]",
        ),
        ToolOption(
            "allow_python_downloads",
            "--allow-python-downloads",
            is_flag=True,
            help="Let uv download Python versions that this machine lacks.",
        ),
        ToolOption(
            "upload_limit",
            "--upload-limit",
            type=number(float, 0.001, 1024 * 1024, "a number of MiB"),
            default="1024",
            metavar="MIB",
            help="Largest package.  [1024]",
        ),
        ToolOption(
            "package_host",
            "--package-host",
            multiple=True,
            metavar="HOST...",
            help="Hosts from which packages may be fetched (packageUri): NAME or NAME:PORT.  [none]",
        ),
        ToolOption(
            "keep_versions",
            "--keep-versions",
            type=number(int, 1, 1000, "a number of versions"),
            default="5",
            metavar="NUMBER",
            help="Versions of each app that are kept, the one that serves among them.  [5]",
        ),
        ToolOption(
            "idle_seconds",
            "--idle-seconds",
            type=number(float, 1, 86400 * 30, "a number of seconds"),
            metavar="SECONDS",
            help="Silence after which the last instance of an app ends.  [300]",
        ),
        ToolOption(
            "scale_in_seconds",
            "--scale-in-seconds",
            type=number(float, 1, 86400, "a number of seconds"),
            metavar="SECONDS",
            help="How long fewer instances must do before one ends.  [60]",
        ),
        ToolOption(
            "new_admin_token",
            "--new-admin-token",
            is_flag=True,
            help="Replace the admin token and print the new one; the old one is worth nothing then.",
        ),
    ],
    callback=run_start,
    help=run_start.__doc__,
    short_help="Serve function apps until a signal ends it.",
    epilog=EXAMPLES,
)
