"""What each lease operation does in each state; the service's reference has these tables."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from funchost.errors import StorageError
from funchost.storage.blobs import INFINITE
from funchost.storage.embedded import leases
from funchost.storage.embedded.leases import NONE, SECOND, Lease

NOW = 1_800_000_000 * SECOND
ID, OTHER = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"

STATES = {
    "available": NONE,
    "leased": Lease(ID, 15, NOW + 10 * SECOND),
    "endless": Lease(ID, INFINITE),
    "expired": Lease(ID, 15, NOW),
    "breaking": Lease(ID, 60, NOW + 30 * SECOND, NOW + 5 * SECOND),
    "broken": Lease(ID, 60, NOW + 30 * SECOND, NOW),
}


def _outcome(act: Callable[[], Lease]) -> str:
    """Return the state that follows, or the code of the refusal."""
    try:
        return act().state(NOW)
    except StorageError as error:
        return error.code


@pytest.mark.parametrize("name", STATES)
def test_the_state_follows_the_clock(name: str) -> None:
    lease = STATES[name]
    assert lease.state(NOW) == ("leased" if name == "endless" else name)
    assert lease.active(NOW) == (name in ("leased", "endless", "breaking"))
    assert lease.duration(NOW) == {"leased": "fixed", "endless": "infinite"}.get(name)


@pytest.mark.parametrize(
    ("name", "mine", "others"),
    [
        ("available", "leased", "leased"),
        ("leased", "leased", "LeaseAlreadyPresent"),
        ("endless", "leased", "LeaseAlreadyPresent"),
        ("expired", "leased", "leased"),
        ("breaking", "LeaseIsBreakingAndCannotBeAcquired", "LeaseAlreadyPresent"),
        ("broken", "leased", "leased"),
    ],
)
def test_acquire(name: str, mine: str, others: str) -> None:
    assert _outcome(lambda: leases.acquire(STATES[name], NOW, 30, ID)) == mine
    assert _outcome(lambda: leases.acquire(STATES[name], NOW, 30, OTHER)) == others


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("available", "LeaseIdMismatchWithLeaseOperation"),
        ("leased", "leased"),
        ("endless", "leased"),
        ("expired", "leased"),
        ("breaking", "LeaseIsBrokenAndCannotBeRenewed"),
        ("broken", "LeaseIsBrokenAndCannotBeRenewed"),
    ],
)
def test_renew(name: str, outcome: str) -> None:
    assert _outcome(lambda: leases.renew(STATES[name], NOW, ID)) == outcome
    assert _outcome(lambda: leases.renew(STATES[name], NOW, OTHER)) == "LeaseIdMismatchWithLeaseOperation"


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("available", "LeaseNotPresentWithLeaseOperation"),
        ("leased", "leased"),
        ("endless", "leased"),
        ("expired", "LeaseNotPresentWithLeaseOperation"),
        ("breaking", "LeaseIsBreakingAndCannotBeChanged"),
        ("broken", "LeaseNotPresentWithLeaseOperation"),
    ],
)
def test_change(name: str, outcome: str) -> None:
    assert _outcome(lambda: leases.change(STATES[name], NOW, ID, OTHER)) == outcome


def test_a_change_can_be_asked_for_twice() -> None:
    changed = leases.change(STATES["leased"], NOW, ID, OTHER)
    assert leases.change(changed, NOW, ID, OTHER) == changed
    assert _outcome(lambda: leases.change(changed, NOW, ID, ID)) == "LeaseIdMismatchWithLeaseOperation"


@pytest.mark.parametrize("name", STATES)
def test_release(name: str) -> None:
    expected = "LeaseIdMismatchWithLeaseOperation" if name == "available" else "available"
    assert _outcome(lambda: leases.release(STATES[name], ID)) == expected
    assert _outcome(lambda: leases.release(STATES[name], OTHER)) == "LeaseIdMismatchWithLeaseOperation"


@pytest.mark.parametrize(
    ("name", "period", "state", "left"),
    [
        ("leased", None, "breaking", 10),
        ("leased", 4, "breaking", 4),
        ("leased", 60, "breaking", 10),
        ("leased", 0, "broken", 0),
        ("endless", None, "broken", 0),
        ("endless", 20, "breaking", 20),
        ("expired", None, "broken", 0),
        ("breaking", None, "breaking", 5),
        ("breaking", 60, "breaking", 5),
        ("breaking", 1, "breaking", 1),
        ("broken", None, "broken", 0),
    ],
)
def test_break(name: str, period: int | None, state: str, left: int) -> None:
    lease, seconds = leases.break_lease(STATES[name], NOW, period)
    assert (lease.state(NOW), seconds) == (state, left)


def test_there_is_nothing_to_break() -> None:
    assert _outcome(lambda: leases.break_lease(NONE, NOW, None)[0]) == "LeaseNotPresentWithLeaseOperation"


@pytest.mark.parametrize(
    ("name", "without", "mine", "others"),
    [
        ("available", None, "LeaseNotPresentWithBlobOperation", "LeaseNotPresentWithBlobOperation"),
        ("leased", "LeaseIdMissing", None, "LeaseIdMismatchWithBlobOperation"),
        ("endless", "LeaseIdMissing", None, "LeaseIdMismatchWithBlobOperation"),
        ("expired", None, "LeaseLost", "LeaseIdMismatchWithBlobOperation"),
        ("breaking", "LeaseIdMissing", None, "LeaseIdMismatchWithBlobOperation"),
        ("broken", None, "LeaseLost", "LeaseIdMismatchWithBlobOperation"),
    ],
)
def test_writes(name: str, without: str | None, mine: str | None, others: str | None) -> None:
    def outcome(lease_id: str | None) -> str | None:
        try:
            leases.check_write(STATES[name], NOW, lease_id)
        except StorageError as error:
            return error.code if error.status == 412 else str(error.status)
        return None

    assert (outcome(None), outcome(ID), outcome(OTHER)) == (without, mine, others)


@pytest.mark.parametrize("name", STATES)
def test_a_write_forgets_a_lease_that_has_ended(name: str) -> None:
    lease = STATES[name]
    assert leases.after_write(lease, NOW) == (lease if lease.active(NOW) else NONE)


@pytest.mark.parametrize("seconds", [0, 14, 61, -2])
def test_a_length_that_is_not_allowed_is_refused(seconds: int) -> None:
    with pytest.raises(StorageError) as caught:
        leases.acquire(NONE, NOW, seconds, None)
    assert str(seconds) in caught.value.message


def test_a_lease_without_a_proposed_id_gets_one() -> None:
    assert leases.acquire(NONE, NOW, 15, None).id != leases.acquire(NONE, NOW, 15, None).id
