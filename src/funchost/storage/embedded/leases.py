"""Leases of blobs and containers: what each request does to one, by the clock. Pure.

Source of the rules: the tables of "Lease Blob" and "Lease Container" in the service's REST reference.
"""

from __future__ import annotations

import uuid
from typing import Literal, NamedTuple

from funchost.errors import StorageError
from funchost.storage.blobs import INFINITE

SECOND = 1_000_000
MIN_SECONDS, MAX_SECONDS = 15, 60

LeaseState = Literal["available", "leased", "expired", "breaking", "broken"]
Kind = Literal["Blob", "Container"]


class Lease(NamedTuple):
    """What is stored of a lease. Times are microseconds since 1970.

    Args:
        id: empty when there is none.
        seconds: length it was asked for, or INFINITE.
        until: when a lease of finite length ends.
        breaks: when the break that somebody asked for takes effect, None if nobody did.
    """

    id: str = ""
    seconds: int = 0
    until: int = 0
    breaks: int | None = None

    def state(self, now: int) -> LeaseState:
        if not self.id:
            return "available"
        if self.breaks is not None:
            return "breaking" if now < self.breaks else "broken"
        return "leased" if self.seconds == INFINITE or now < self.until else "expired"

    def active(self, now: int) -> bool:
        """Whether it keeps others from writing."""
        return bool(self.id) and self.state(now) in ("leased", "breaking")

    def duration(self, now: int) -> str | None:
        """Return ``infinite`` or ``fixed`` while it is leased."""
        if self.state(now) != "leased":
            return None
        return "infinite" if self.seconds == INFINITE else "fixed"


NONE = Lease()


def acquire(lease: Lease, now: int, seconds: int, proposed: str | None) -> Lease:
    """Return the lease that a caller gets.

    Raises:
        StorageError: 400 for a length that is not allowed, 409 when another holds it.
    """
    if seconds != INFINITE and not MIN_SECONDS <= seconds <= MAX_SECONDS:
        raise StorageError(
            "InvalidHeaderValue",
            f"The lease duration is {seconds} seconds; it must be {MIN_SECONDS} to {MAX_SECONDS}, or {INFINITE}.",
            400,
        )
    state = lease.state(now)
    if state == "breaking" and proposed == lease.id:
        raise StorageError(
            "LeaseIsBreakingAndCannotBeAcquired",
            "The lease ID matched, but the lease is currently in breaking state and cannot be acquired until it is "
            "broken.",
            409,
        )
    if state == "breaking" or (state == "leased" and proposed != lease.id):
        raise StorageError("LeaseAlreadyPresent", "There is already a lease present.", 409)
    return Lease(proposed or str(uuid.uuid4()), seconds, _end(now, seconds))


def renew(lease: Lease, now: int, lease_id: str) -> Lease:
    """Return the lease with its whole length before it again; one that has expired too, if nobody came between."""
    _check_holder(lease, lease_id)
    if lease.breaks is not None:
        raise StorageError(
            "LeaseIsBrokenAndCannotBeRenewed", "The lease ID matched, but the lease has been broken explicitly.", 409
        )
    return lease._replace(until=_end(now, lease.seconds))


def change(lease: Lease, now: int, lease_id: str, proposed: str) -> Lease:
    """Return the lease under another id; asking twice for the same change is no error."""
    state = lease.state(now)
    if state == "breaking":
        raise StorageError(
            "LeaseIsBreakingAndCannotBeChanged",
            "The lease ID matched, but the lease is currently in breaking state and cannot be changed.",
            409,
        )
    if state != "leased":
        raise _not_present("LeaseOperation", "lease operation", 409)
    if lease.id not in (lease_id, proposed):
        _check_holder(lease, lease_id)
    return lease._replace(id=proposed)


def release(lease: Lease, lease_id: str) -> Lease:
    """Return no lease."""
    _check_holder(lease, lease_id)
    return NONE


def break_lease(lease: Lease, now: int, period: int | None) -> tuple[Lease, int]:
    """Return the lease that is ending, and the seconds that it goes on for.

    Args:
        period: seconds that the holder is left with at most, 0 to 60; None = as long as the lease would have lasted.
    """
    if period is not None and not 0 <= period <= MAX_SECONDS:
        raise StorageError("InvalidHeaderValue", f"The break period is {period} seconds; it must be 0 to 60.", 400)
    state = lease.state(now)
    if state == "available":
        raise _not_present("LeaseOperation", "lease operation", 409)
    if state in ("expired", "broken"):
        return lease._replace(breaks=min(now, lease.breaks or now)), 0
    left = _left(lease, now)
    wait = left if period is None else min(period * SECOND, left)
    if lease.seconds == INFINITE and lease.breaks is None:
        wait = (period or 0) * SECOND
    return lease._replace(breaks=now + wait), -(-wait // SECOND)


def check_write(lease: Lease, now: int, lease_id: str | None, kind: Kind = "Blob") -> None:
    """Refuse a write, or the delete of a container, to all but the holder.

    Raises:
        StorageError: 412.
    """
    if not lease.id and lease_id is None:
        return
    if lease_id is None:
        if lease.active(now):
            raise StorageError(
                "LeaseIdMissing",
                f"There is currently a lease on the {kind.lower()} and no lease ID was specified in the request.",
                412,
            )
        return
    check_claim(lease, now, lease_id, kind)


def check_claim(lease: Lease, now: int, lease_id: str, kind: Kind = "Blob") -> None:
    """Refuse a request that names a lease which is not, or no longer, there.

    Raises:
        StorageError: 412.
    """
    if not lease.id:
        raise _not_present(f"{kind}Operation", kind.lower(), 412)
    if lease.id.lower() != lease_id.lower():
        raise StorageError(
            f"LeaseIdMismatchWith{kind}Operation",
            f"The lease ID specified did not match the lease ID for the {kind.lower()}.",
            412,
        )
    if not lease.active(now):
        raise StorageError(
            "LeaseLost", f"A lease ID was specified, but the lease for the {kind.lower()} has expired.", 412
        )


def after_write(lease: Lease, now: int) -> Lease:
    """Return what a write leaves of a lease: one that had ended is forgotten, so that it cannot be renewed."""
    return lease if not lease.id or lease.active(now) else NONE


def _check_holder(lease: Lease, lease_id: str) -> None:
    if not lease.id or lease.id.lower() != lease_id.lower():
        raise StorageError(
            "LeaseIdMismatchWithLeaseOperation", "The lease ID specified did not match the lease ID for the blob.", 409
        )


def _not_present(code: str, on: str, status: int) -> StorageError:
    return StorageError(f"LeaseNotPresentWith{code}", f"There is currently no lease on the {on}.", status)


def _end(now: int, seconds: int) -> int:
    return 0 if seconds == INFINITE else now + seconds * SECOND


def _left(lease: Lease, now: int) -> int:
    end = lease.until if lease.breaks is None else lease.breaks
    return max(0, end - now)
