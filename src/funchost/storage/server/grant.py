"""Grant: what the signature of a request allows; StoredPolicy: what a resource's ACL says for all who name it."""

from __future__ import annotations

from typing import NamedTuple


class StoredPolicy(NamedTuple):
    """One signed identifier of an ACL; what is None must stand in the signature itself.

    Args:
        start, expiry: times as the ACL has them; see sas.sas_time.
        permissions: letters, e.g. ``raup``.
    """

    id: str
    start: str | None = None
    expiry: str | None = None
    permissions: str | None = None


class KeyRange(NamedTuple):
    """The entities that a table's signature is for: from (partition, row) up to and including the end; None = open."""

    start_partition: str | None = None
    start_row: str | None = None
    end_partition: str | None = None
    end_row: str | None = None

    def covers(self, partition: str, row: str) -> bool:
        if self.start_partition is not None and (partition, row) < (self.start_partition, self.start_row or ""):
            return False
        if self.end_partition is None:
            return True
        return partition <= self.end_partition if self.end_row is None else (partition, row) <= self[2:]


class Grant(NamedTuple):
    """What the caller of a request may do.

    Args:
        permissions: letters of the signature; None = the account's key, which allows all.
        keys: entities that it is for; None = all.
    """

    permissions: str | None = None
    keys: KeyRange | None = None

    def allows(self, letters: str) -> bool:
        """Return whether any one of the permissions `letters` was granted."""
        return self.permissions is None or any(letter in self.permissions for letter in letters)


ALL = Grant()
