"""DataDirectory: where a server keeps what must outlive it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from funchost.platform.site import SiteName


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """Paths below one folder, which belongs to one server at a time.

    Args:
        root: absolute.
    """

    root: Path

    @property
    def lock(self) -> Path:
        """Held with flock by the server that runs."""
        return self.root / "server.lock"

    @property
    def registry(self) -> Path:
        """SQLite: sites, settings, deployments."""
        return self.root / "registry.sqlite"

    @property
    def secret(self) -> Path:
        """What settings and keys are encrypted with; mode 600."""
        return self.root / "secret.key"

    @property
    def storage(self) -> Path:
        """The embedded store with one account for each site."""
        return self.root / "storage"

    @property
    def packages(self) -> Path:
        """Uploaded packages: ``<sha256>.zip``."""
        return self.root / "packages"

    @property
    def versions(self) -> Path:
        """Built versions, a folder each, read-only."""
        return self.root / "versions"

    @property
    def scratch(self) -> Path:
        """Uploads and builds under way; emptied when a server starts."""
        return self.root / "scratch"

    @property
    def cache(self) -> Path:
        """Downloads and wheels that builds share."""
        return self.root / "cache"

    @property
    def certificate(self) -> Path:
        """The self-signed certificate, made when HTTPS is asked for without one."""
        return self.root / "certificate.pem"

    def version(self, version: str) -> Path:
        """The folder that holds host.json of a version."""
        return self.versions / version

    def package(self, digest: str) -> Path:
        return self.packages / f"{digest}.zip"

    @property
    def deployments(self) -> Path:
        """A log for each deployment."""
        return self.root / "deployments"

    @property
    def sites(self) -> Path:
        """A folder for each site."""
        return self.root / "sites"

    def deployment_log(self, deployment: str) -> Path:
        """Lines of JSON, see the deployment's log entries."""
        return self.deployments / f"{deployment}.log"

    def site(self, name: SiteName) -> Path:
        """What belongs to one site alone."""
        return self.sites / name.label

    def keys(self, name: SiteName) -> Path:
        """Encrypted key documents."""
        return self.site(name) / "keys"

    def logs(self, name: SiteName) -> Path:
        """Log files of the site's instances, rotated."""
        return self.site(name) / "logs"

    @property
    def instances(self) -> Path:
        """A folder for each living instance."""
        return self.root / "run"

    def instance(self, instance: str) -> Path:
        """Temporary files of one instance; gone with it. Short, since paths of sockets that apps make are bounded."""
        return self.instances / instance[:12]
