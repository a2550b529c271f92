"""servers.json: the servers that this user runs or uses, and the tokens for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from funchost.app.durable_file import replace_durably
from funchost.errors import ConfigError

FILE_NAME = "servers.json"
FOLDER_SETTING = "FUNCHOST_CONFIG_DIR"


@dataclass(frozen=True)
class KnownServer:
    """What is remembered of a server.

    Args:
        token: lets its holder do everything there; secret.
        certificate: PEM text of its self-signed certificate, None = it has none of its own.
    """

    token: str = field(repr=False)
    certificate: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class KnownServers:
    """What the file says; empty without a file.

    Args:
        default: URL of the server that commands mean when they name none, None = there is none.
        servers: by URL, as `normal_url` writes it.
    """

    default: str | None = None
    servers: Mapping[str, KnownServer] = field(default_factory=dict)

    def get(self, url: str) -> KnownServer | None:
        """Return what is known of the server at `url`, in whatever spelling."""
        return self.servers.get(normal_url(url))


def config_folder(environ: Mapping[str, str], home: Path) -> Path:
    """Return this user's configuration folder.

    Args:
        environ: the process environment; FUNCHOST_CONFIG_DIR wins, then XDG_CONFIG_HOME.
        home: the user's home folder.
    """
    if own := environ.get(FOLDER_SETTING):
        return Path(own).expanduser()
    shared = environ.get("XDG_CONFIG_HOME")
    return (Path(shared) if shared else home / ".config") / "funchost"


def normal_url(url: str) -> str:
    """Return a server's URL as it stands in the file: lower-case, without a slash at the end."""
    return url.strip().rstrip("/").lower()


def load(folder: Path) -> KnownServers:
    """Return what the file in `folder` says.

    Raises:
        ConfigError: it cannot be read or is no such file.
    """
    path = folder / FILE_NAME
    try:
        document = json.loads(path.read_text("utf-8"))
        servers = {normal_url(url): _known(entry) for url, entry in document.get("servers", {}).items()}
        default = document.get("default")
    except FileNotFoundError:
        return KnownServers()
    except OSError as error:
        raise ConfigError(path, f"The file cannot be read: {error.strerror}.") from error
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        hint = "Delete it; 'func server start' writes it again."
        raise ConfigError(path, "The file is no list of servers.", hint=hint) from error
    return KnownServers(normal_url(default) if isinstance(default, str) else None, servers)


def remember(folder: Path, url: str, token: str, *, certificate: str | None = None) -> None:
    """Write a server into the file, and make it the default.

    The file is replaced as a whole and is for its owner only (mode 600), and so is the folder if it is made here.

    Args:
        folder: the user's configuration folder.
        url: where the management calls of the server are, e.g. ``http://127.0.0.1:7070``.
        token: the administrator's token.
        certificate: PEM text of its self-signed certificate, if it has one.
    """
    known = load(folder)
    servers = {**known.servers, normal_url(url): KnownServer(token, certificate)}
    document = {"default": normal_url(url), "servers": {name: _entry(one) for name, one in servers.items()}}
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_durably(folder / FILE_NAME, f"{json.dumps(document, indent=2)}\n".encode())


def _known(entry: Mapping[str, object]) -> KnownServer:
    certificate = entry.get("certificate")
    return KnownServer(str(entry["token"]), certificate if isinstance(certificate, str) else None)


def _entry(server: KnownServer) -> dict[str, str]:
    known = {"token": server.token}
    return known if server.certificate is None else {**known, "certificate": server.certificate}
