"""ServerOptions: how a server runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from funchost.http.local_caller import is_loopback_name
from funchost.http.tls import TlsOptions
from funchost.platform.api.scm.uploads import DEFAULT_LIMIT
from funchost.platform.apps.retention import KEPT_VERSIONS
from funchost.platform.apps.site_ports import PortRange
from funchost.platform.scale.rules import ScaleRules
from funchost.platform.storage import DEFAULT_PORTS
from funchost.storage.endpoints import Service

DEFAULT_PORT = 7070
LOOPBACK = "127.0.0.1"
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on
_ALL_INTERFACES = "all interfaces"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """What the command line of the server says.

    Args:
        data: the data directory.
        config_folder: where the servers file of this user is.
        environment: of this process.
        address: IP address to listen on.
        port: 0 = any free one.
        domain: sites are named below it too, None = below ``localhost`` alone.
        tls: certificate to serve HTTPS with, None = HTTP. Without a file, one is made and kept in the data directory.
        trusted_proxies: addresses and networks of own proxies, which say how their clients reach the server.
        app_ports: for the sites' own ports.
        storage_ports: of the blob, queue and table services, 0 = any free one.
        python_downloads: whether uv may download Pythons that the machine lacks.
        upload_limit: bytes of a package.
        package_hosts: from which packages may be fetched, ``name`` or ``name:port``, lower-case.
        kept_versions: of each site, the one that serves among them.
        scale_rules: thresholds.
        new_admin_token: replace the admin token: it was lost, or others know it.
        drain_seconds: that requests and instances have to finish when the server stops.
        as_root: whether the process runs as root.
    """

    data: Path
    config_folder: Path
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    address: str = LOOPBACK
    port: int = DEFAULT_PORT
    domain: str | None = None
    tls: TlsOptions | None = None
    trusted_proxies: tuple[str, ...] = ()
    app_ports: PortRange = PortRange()
    storage_ports: Mapping[Service, int] = field(default_factory=lambda: DEFAULT_PORTS)
    python_downloads: bool = False
    upload_limit: int = DEFAULT_LIMIT
    package_hosts: frozenset[str] = frozenset()
    kept_versions: int = KEPT_VERSIONS
    scale_rules: ScaleRules = ScaleRules()
    new_admin_token: bool = False
    drain_seconds: float = 30.0
    as_root: bool = False

    @property
    def scheme(self) -> str:
        return "https" if self.tls is not None else "http"

    def url(self, port: int) -> str:
        """Return where this machine's own clients find the management calls."""
        address = LOOPBACK if self.address in _EVERYWHERE else self.address
        if self.tls is not None and self.tls.certificate is not None and self.domain is not None:
            address = self.domain  # what the certificate is for
        elif ":" in address:
            address = f"[{address}]"
        return f"{self.scheme}://{address}:{port}"

    def warnings(self) -> tuple[str, ...]:
        """Return what the operator should know before others use the server."""
        warnings = []
        if self.as_root:
            warnings.append("This server runs as root, and so do its apps. Start it as a user of its own.")
        if self.tls is None and not self.trusted_proxies and not is_loopback_name(self.address):
            place = _ALL_INTERFACES if self.address in _EVERYWHERE else self.address
            warnings.append(
                f"This server listens on {place} without HTTPS: tokens, keys and data can be read on the way. Use"
                " --https, or put a proxy that speaks HTTPS in front."
            )
        return tuple(warnings)
