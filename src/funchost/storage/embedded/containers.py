"""Containers of one account in the database: made, found, listed, changed, leased and deleted."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from funchost.errors import StorageError
from funchost.storage.blobs import ALWAYS, Conditions, ContainerProperties
from funchost.storage.embedded import leases
from funchost.storage.embedded.blob_conditions import Version, check_read, check_write
from funchost.storage.embedded.blob_content import Change
from funchost.storage.embedded.blob_names import check_container
from funchost.storage.embedded.blob_row import etag_text, moment, next_etag, pack, unpack
from funchost.storage.embedded.leases import Lease


class Policy(NamedTuple):
    """One stored access policy; the texts are as they were set, None = not set."""

    id: str
    start: str | None = None
    expiry: str | None = None
    permissions: str | None = None


class ContainerRow(NamedTuple):
    """The columns of one row of `blob_containers`, in their order.

    Args:
        public: who may read without a signature: ``container``, ``blob``, or empty for nobody.
        policies: a JSON list.
    """

    id: int
    account: str
    name: str
    etag: int
    modified: int
    metadata: str
    public: str
    policies: str
    lease_id: str
    lease_seconds: int
    lease_until: int
    lease_breaks: int | None

    @property
    def version(self) -> Version:
        return Version(etag_text(self.etag), self.modified)

    @property
    def lease(self) -> Lease:
        return Lease(*self[8:])

    @property
    def acl(self) -> list[Policy]:
        entries: list[list[Any]] = json.loads(self.policies) if self.policies else []
        return [Policy(*entry) for entry in entries]

    @property
    def properties(self) -> ContainerProperties:
        return ContainerProperties(self.name, etag_text(self.etag), moment(self.modified), unpack(self.metadata))

    def touched(self, now: int) -> ContainerRow:
        """Return the row as changed now."""
        return self._replace(etag=next_etag(now, self.etag), modified=now)

    def with_lease(self, lease: Lease) -> ContainerRow:
        return ContainerRow._make((*self[:8], *lease))


class ContainerPage(NamedTuple):
    """One page of a listing; `next` is the name at which the following page begins, None at the end."""

    containers: tuple[ContainerRow, ...]
    next: str | None


_COLUMNS = ", ".join(ContainerRow._fields)
_FIND = f"SELECT {_COLUMNS} FROM blob_containers WHERE account = ? AND name = ?"  # noqa: S608 - our own names
_PAGE = f"SELECT {_COLUMNS} FROM blob_containers WHERE account = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?"  # noqa: S608
_SAVE = f"INSERT OR REPLACE INTO blob_containers ({_COLUMNS}) VALUES ({', '.join('?' * 12)})"  # noqa: S608
_END = "\U0010ffff"
"""Sorts behind every character of a name."""


def find_container(connection: sqlite3.Connection, account: str, name: str) -> ContainerRow | None:
    """Return a container's row, None if there is none."""
    row = connection.execute(_FIND, (account, name)).fetchone()
    return None if row is None else ContainerRow._make(row)


def require_container(connection: sqlite3.Connection, account: str, name: str) -> ContainerRow:
    """Return a container's row.

    Raises:
        StorageError: 404 ContainerNotFound.
    """
    row = find_container(connection, account, name)
    if row is None:
        raise container_not_found()
    return row


def container_id(connection: sqlite3.Connection, account: str, name: str) -> int:
    """Return a container's number.

    Raises:
        StorageError: 404 ContainerNotFound.
    """
    row = connection.execute(
        "SELECT id FROM blob_containers WHERE account = ? AND name = ?", (account, name)
    ).fetchone()
    if row is None:
        raise container_not_found()
    number: int = row[0]
    return number


def container_not_found() -> StorageError:
    return StorageError("ContainerNotFound", "The specified container does not exist.", 404)


def create_container(
    change: Change, account: str, name: str, metadata: Mapping[str, str] | None = None, public: str = ""
) -> ContainerRow | None:
    """Make a container; returns None if it was there."""
    check_container(name)
    if find_container(change.connection, account, name) is not None:
        return None
    change.connection.execute(
        f"INSERT INTO blob_containers ({_COLUMNS}) VALUES (NULL, ?, ?, ?, ?, ?, ?, '', '', 0, 0, NULL)",  # noqa: S608
        (account, name, next_etag(change.now), change.now, pack(metadata), public),
    )
    return require_container(change.connection, account, name)


def delete_container(change: Change, account: str, name: str, conditions: Conditions = ALWAYS) -> None:
    """Delete a container; its blobs are out of reach at once and purged later."""
    row = require_container(change.connection, account, name)
    check_write(conditions, row.version)
    leases.check_write(row.lease, change.now, conditions.lease_id, "Container")
    change.connection.execute("DELETE FROM blob_containers WHERE id = ?", (row.id,))
    change.connection.execute("INSERT INTO blob_purges VALUES (?)", (row.id,))


def delete_all(change: Change, account: str) -> None:
    """Delete all containers of an account, whoever has leased them."""
    owned = "SELECT id FROM blob_containers WHERE account = ?"
    change.connection.execute(f"INSERT INTO blob_purges {owned}", (account,))
    change.connection.execute("DELETE FROM blob_containers WHERE account = ?", (account,))


def read_container(
    connection: sqlite3.Connection, account: str, name: str, now: int, conditions: Conditions = ALWAYS
) -> ContainerRow:
    """Return a container whose conditions hold."""
    row = require_container(connection, account, name)
    check_read(conditions._replace(lease_id=None), row.version)
    if conditions.lease_id is not None:
        leases.check_claim(row.lease, now, conditions.lease_id, "Container")
    return row


def set_container_metadata(
    change: Change, account: str, name: str, metadata: Mapping[str, str], conditions: Conditions = ALWAYS
) -> ContainerRow:
    """Replace all metadata of a container."""
    row = _writable(change, account, name, conditions)._replace(metadata=pack(metadata))
    return _save(change, row.touched(change.now))


def set_acl(
    change: Change, account: str, name: str, public: str, policies: Sequence[Policy], conditions: Conditions = ALWAYS
) -> ContainerRow:
    """Replace who may read without a signature, and the stored access policies."""
    row = _writable(change, account, name, conditions)
    return _save(change, row._replace(public=public, policies=json.dumps(policies)).touched(change.now))


def lease_container(
    change: Change, account: str, name: str, act: Callable[[Lease], Lease], conditions: Conditions = ALWAYS
) -> ContainerRow:
    """Store what `act` makes of a container's lease; the ETag stays."""
    row = require_container(change.connection, account, name)
    check_write(conditions, row.version)
    return _save(change, row.with_lease(act(row.lease)))


def list_containers(
    connection: sqlite3.Connection, account: str, prefix: str = "", start: str = "", limit: int = 5000
) -> ContainerPage:
    """Return containers in the order of their names."""
    rows = connection.execute(_PAGE, (account, max(prefix, start), prefix + _END, limit + 1)).fetchall()
    following = rows[limit][2] if len(rows) > limit else None
    return ContainerPage(tuple(ContainerRow._make(row) for row in rows[:limit]), following)


def _writable(change: Change, account: str, name: str, conditions: Conditions) -> ContainerRow:
    row = require_container(change.connection, account, name)
    check_write(conditions._replace(lease_id=None), row.version)
    if conditions.lease_id is not None:
        leases.check_claim(row.lease, change.now, conditions.lease_id, "Container")
    return row


def _save(change: Change, row: ContainerRow) -> ContainerRow:
    change.connection.execute(_SAVE, row)
    return row
