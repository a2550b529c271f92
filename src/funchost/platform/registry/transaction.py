"""Transaction: what can be read and written in one step."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from funchost.errors import RefusedError
from funchost.platform.deployment import Deployment
from funchost.platform.registry import deployment_rows, site_rows
from funchost.platform.registry.site_record import SiteRecord
from funchost.platform.registry.vault import Vault
from funchost.platform.site import SiteName


def no_such_site(name: SiteName) -> RefusedError:
    """Return the error of a call that names a site which is not there."""
    what = f"The app {name.app!r}" if name.slot is None else f"The slot {name.slot!r} of the app {name.app!r}"
    return RefusedError(
        "ResourceNotFound",
        f"{what} was not found.",
        404,
        hint="`func functionapp list` shows the apps."
        if name.slot is None
        else "`func functionapp deployment slot list` shows the slots.",
    )


class Transaction:
    """The registry inside a transaction; it belongs to the registry's thread and to one call.

    Args:
        connection: in the transaction.
        vault: opens and seals secrets.
    """

    def __init__(self, connection: sqlite3.Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def sites(self) -> Sequence[SiteRecord]:
        """Return all sites by name; an app comes before its slots."""
        return site_rows.read_all(self._connection, self._vault)

    def find(self, name: SiteName) -> SiteRecord | None:
        return site_rows.read(self._connection, self._vault, name)

    def site(self, name: SiteName) -> SiteRecord:
        """Raises: RefusedError: there is none (404)."""
        record = self.find(name)
        if record is None:
            raise no_such_site(name)
        return record

    def owner(self, label: str) -> SiteName | None:
        """Return the site that has a label."""
        return site_rows.owner(self._connection, label)

    def ports(self) -> frozenset[int]:
        """Return the ports that are given out."""
        return site_rows.ports(self._connection)

    def put(self, record: SiteRecord) -> SiteRecord:
        """Add a site, or write it anew."""
        site_rows.write(self._connection, self._vault, record)
        return record

    def next_revision(self, name: SiteName) -> SiteRecord:
        """Give out a revision number that was never used for the site; it is the `site.revision` of the result."""
        record = self.site(name)
        return self.put(replace(record, site=replace(record.site, revision=record.site.revision + 1)))

    def delete(self, name: SiteName) -> None:
        """Remove a site with its deployments."""
        deployment_rows.delete_all(self._connection, name)
        site_rows.delete(self._connection, name)

    def deployments(self, site: SiteName | None = None) -> Sequence[Deployment]:
        """Return the deployments of a site, or of all; the newest come first."""
        return deployment_rows.read_all(self._connection, site)

    def deployment(self, id: str) -> Deployment | None:
        """Return a deployment of any site."""
        return deployment_rows.read(self._connection, id)

    def put_deployment(self, deployment: Deployment) -> None:
        """Add a deployment, or write it anew."""
        deployment_rows.write(self._connection, deployment)

    def delete_deployment(self, id: str) -> None:
        deployment_rows.delete(self._connection, id)

    def leftovers(self) -> Sequence[SiteName]:
        """Return the names under which there may be files and an account that belong to no site."""
        return [SiteName(*row) for row in self._connection.execute("SELECT app, slot FROM leftovers")]

    def put_leftover(self, name: SiteName) -> None:
        self._connection.execute("INSERT OR REPLACE INTO leftovers VALUES (?, ?, ?)", (name.label, *name))

    def delete_leftover(self, name: SiteName) -> None:
        self._connection.execute("DELETE FROM leftovers WHERE label=?", (name.label,))
