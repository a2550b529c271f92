"""Lease Blob and Lease Container."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from funchost.storage.embedded import blob_writes, containers, leases
from funchost.storage.embedded.blob_row import BlobRow
from funchost.storage.embedded.containers import ContainerRow
from funchost.storage.embedded.leases import Lease
from funchost.storage.server.blob.blob_call import BlobCall
from funchost.storage.server.blob.request_headers import lease_id, number, required
from funchost.storage.server.blob.response_headers import version_headers
from funchost.storage.server.exchange import StorageReply
from funchost.storage.server.refusal import missing_header, wrong_header


class LeaseRequest(NamedTuple):
    """What a request wants of a lease.

    Args:
        lease: id of the lease that is there, empty for ``acquire`` and ``break``.
        proposed: id that it is to have.
        seconds: its length, or how long it may go on when it is broken.
    """

    action: str
    lease: str
    proposed: str | None
    seconds: int | None


def read_lease_request(call: BlobCall) -> LeaseRequest:
    """Return what a request wants of a lease.

    Raises:
        StorageError: MissingRequiredHeader, InvalidHeaderValue.
    """
    headers = call.headers
    action = required(headers, "x-ms-lease-action").lower()
    proposed = headers.get("x-ms-proposed-lease-id")
    if proposed is not None:
        proposed = lease_id("x-ms-proposed-lease-id", proposed)
    if action == "acquire":
        seconds = number(headers, "x-ms-lease-duration")
        if seconds is None:
            raise missing_header("x-ms-lease-duration")
        return LeaseRequest(action, "", proposed, seconds)
    if action == "break":
        return LeaseRequest(action, "", None, number(headers, "x-ms-lease-break-period"))
    if action not in ("renew", "change", "release"):
        raise wrong_header("x-ms-lease-action", action)
    if action == "change" and proposed is None:
        raise missing_header("x-ms-proposed-lease-id")
    return LeaseRequest(action, lease_id("x-ms-lease-id", required(headers, "x-ms-lease-id")), proposed, None)


def apply(wanted: LeaseRequest, lease: Lease, now: int) -> tuple[Lease, int]:
    """Return what becomes of a lease, and for ``break`` the seconds that it goes on for."""
    if wanted.action == "acquire":
        return leases.acquire(lease, now, wanted.seconds or 0, wanted.proposed), 0
    if wanted.action == "renew":
        return leases.renew(lease, now, wanted.lease), 0
    if wanted.action == "change":
        return leases.change(lease, now, wanted.lease, wanted.proposed or ""), 0
    if wanted.action == "release":
        return leases.release(lease, wanted.lease), 0
    return leases.break_lease(lease, now, wanted.seconds)


async def lease_blob(call: BlobCall) -> StorageReply:
    """Lease Blob."""
    wanted = read_lease_request(call)
    conditions = call.conditions
    act = _Act(wanted)
    row = await call.change(
        lambda change, place: blob_writes.lease_blob(change, place, act.at(change.now), conditions), quiet=True
    )
    return _reply(wanted, row, act.left)


async def lease_container(call: BlobCall) -> StorageReply:
    """Lease Container."""
    wanted = read_lease_request(call)
    conditions = call.conditions
    act = _Act(wanted)
    row = await call.access.change(
        lambda change: containers.lease_container(change, call.account, call.container, act.at(change.now), conditions),
        durable=False,
    )
    return _reply(wanted, row, act.left)


class _Act:
    """Applies a request to the lease that is found, and keeps what it says besides."""

    __slots__ = ("_wanted", "left")

    def __init__(self, wanted: LeaseRequest) -> None:
        self._wanted = wanted
        self.left = 0

    def at(self, now: int) -> Callable[[Lease], Lease]:
        def act(lease: Lease) -> Lease:
            changed, self.left = apply(self._wanted, lease, now)
            return changed

        return act


def _reply(wanted: LeaseRequest, row: BlobRow | ContainerRow, left: int) -> StorageReply:
    headers = version_headers(row)
    if wanted.action == "break":
        headers["x-ms-lease-time"] = str(left)
        return StorageReply(202, headers)
    if wanted.action != "release":
        headers["x-ms-lease-id"] = row.lease.id
    return StorageReply(201 if wanted.action == "acquire" else 200, headers)
