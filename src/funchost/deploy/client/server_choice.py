"""Which server a command talks to, and with which credential: decided from options, environment and known servers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from funchost.deploy.client.azure_login import PUBLIC_AZURE, Run, cloud_url, is_azure, login_token
from funchost.deploy.client.credentials import Bearer, read_token
from funchost.deploy.client.servers_file import KnownServers
from funchost.errors import FuncHostError, UsageError

URL_SETTING = "FUNCHOST_MANAGEMENT_URL"
CERTIFICATE_SETTING = "FUNCHOST_CA_FILE"
TOKEN_SETTING = "AZURE_MANAGEMENT_ACCESS_TOKEN"  # noqa: S105 - the name of a variable


@dataclass(frozen=True)
class ServerOptions:
    """What the command line says about the server.

    Args:
        management_url: where the management calls are.
        access_token: what --access-token or --access-token-stdin gave; secret.
        token_source: the option that gave it.
        ca_file: certificates to trust.
    """

    management_url: str | None = None
    access_token: str | None = field(default=None, repr=False)
    token_source: str = "--access-token"  # noqa: S105 - the name of an option
    ca_file: Path | None = None


@dataclass(frozen=True)
class ManagementServer:
    """A server and the right to call it.

    Args:
        url: where its management calls are, without a slash at the end.
        credential: secret.
        certificates: PEM text to trust in place of the system's authorities, None = the system's.
        others: addresses of the other known servers, if nobody has said which one is meant.
    """

    url: str
    credential: Bearer
    certificates: str | None = field(default=None, repr=False)
    others: tuple[str, ...] = ()

    @property
    def azure(self) -> bool:
        return is_azure(self.url)

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


def choose_server(
    options: ServerOptions, environ: Mapping[str, str], known: KnownServers, run: Run
) -> ManagementServer:
    """Return the server that is meant.

    Its address: the option, FUNCHOST_MANAGEMENT_URL, the default of the known servers, the cloud that az is set to,
    Azure. Its token: the option, the known servers, az, Az PowerShell, AZURE_MANAGEMENT_ACCESS_TOKEN. The login of az
    and PowerShell is for Azure: no other server gets to see its tokens.

    Args:
        environ: the process environment.
        known: what the servers file says.
        run: see azure_login.

    Raises:
        UsageError: an option cannot be used.
        FuncHostError: there is no token for this server; or a file cannot be read.
    """
    url = _url(options, environ, known, run)
    said = options.management_url or environ.get(URL_SETTING)
    return ManagementServer(
        url,
        _token(options, environ, known, run, url),
        _certificates(options, environ, known, url),
        () if said else tuple(other for other in known.servers if other != url),
    )


def management_url(text: str, source: str) -> str:
    """Return the address of a server as calls use it.

    Raises:
        UsageError: it is no http or https address.
    """
    url = text.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = None
    if not usable or parts.query or parts.fragment or parts.username:
        raise UsageError(f"{source}: {text!r} is no address of a server.", hint="Write it as http://127.0.0.1:7070.")
    return url


def _url(options: ServerOptions, environ: Mapping[str, str], known: KnownServers, run: Run) -> str:
    if options.management_url is not None:
        return management_url(options.management_url, "--management-url")
    if environ.get(URL_SETTING):
        return management_url(environ[URL_SETTING], URL_SETTING)
    return known.default or cloud_url(run) or PUBLIC_AZURE


def _token(options: ServerOptions, environ: Mapping[str, str], known: KnownServers, run: Run, url: str) -> Bearer:
    if options.access_token is not None:
        return read_token(options.access_token, options.token_source)
    server = known.get(url)
    if server is not None:
        return read_token(server.token, "servers.json")
    if is_azure(url) or _is_own_cloud(options, environ, known):
        found = login_token(run, url)
        if found is not None:
            return read_token(found, "the login of the Azure tools")
    if environ.get(TOKEN_SETTING):
        return read_token(environ[TOKEN_SETTING], TOKEN_SETTING)
    if is_azure(url):
        raise FuncHostError(
            "Unable to connect to Azure. There is no access token.",
            hint="Log in with 'az login' or Az.Accounts, or give a token with --access-token-stdin. "
            "For a server of your own: 'func server start', or --management-url.",
        )
    raise FuncHostError(
        f"There is no access token for {url}.",
        hint="Give it with --access-token-stdin; 'func server start' printed it when the server was new.",
    )


def _is_own_cloud(options: ServerOptions, environ: Mapping[str, str], known: KnownServers) -> bool:
    """Whether the address came from az itself: then its token belongs there, whatever the cloud is called."""
    return options.management_url is None and not environ.get(URL_SETTING) and known.default is None


def trusted_certificates(ca_file: Path | None, environ: Mapping[str, str]) -> str | None:
    """Return the PEM text of the option --ca-file, else of FUNCHOST_CA_FILE; None without both.

    Raises:
        FuncHostError: the file cannot be read.
    """
    named = ca_file or (Path(environ[CERTIFICATE_SETTING]) if environ.get(CERTIFICATE_SETTING) else None)
    if named is None:
        return None
    try:
        return named.read_text("ascii")
    except OSError as error:
        raise FuncHostError(f"{named}: the certificates cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise FuncHostError(f"{named}: this is no PEM file.") from error


def _certificates(options: ServerOptions, environ: Mapping[str, str], known: KnownServers, url: str) -> str | None:
    server = known.get(url)
    return trusted_certificates(options.ca_file, environ) or (None if server is None else server.certificate)
