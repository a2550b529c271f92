"""What every BlobStore does with the leases of blobs."""

from __future__ import annotations

import asyncio
import time
import uuid

import pytest

from funchost.errors import StorageError
from funchost.storage.account import StorageAccount
from funchost.storage.blobs import INFINITE, Conditions
from tests.integration.storage.contract.stores import contract


async def _leased(account: StorageAccount, name: str, seconds: int = INFINITE) -> str:
    await account.blobs.create_container(name)
    await account.blobs.put(name, "a", b"content")
    return await account.blobs.acquire_lease(name, "a", seconds)


@contract()
async def test_a_lease_keeps_others_from_writing_but_not_from_reading(account: StorageAccount, name: str) -> None:
    blobs = account.blobs
    lease = await _leased(account, name)
    for operation in (
        blobs.put(name, "a", b"x"),
        blobs.set_metadata(name, "a", {}),
        blobs.delete(name, "a"),
    ):
        with pytest.raises(StorageError) as caught:
            await operation
        assert (caught.value.code, caught.value.status) == ("LeaseIdMissing", 412)
    with pytest.raises(StorageError) as caught:
        await blobs.put(name, "a", b"x", conditions=Conditions(lease_id=str(uuid.uuid4())))
    assert (caught.value.code, caught.value.status) == ("LeaseIdMismatchWithBlobOperation", 412)
    assert (await blobs.get(name, "a")).body == b"content"
    await blobs.put(name, "a", b"by the holder", conditions=Conditions(lease_id=lease))
    properties = await blobs.properties(name, "a")
    assert (properties.lease_state, properties.lease_duration) == ("leased", "infinite")
    await blobs.delete(name, "a", Conditions(lease_id=lease))


@contract()
async def test_a_lease_is_taken_by_one_at_a_time(account: StorageAccount, name: str) -> None:
    blobs = account.blobs
    lease = await _leased(account, name, 60)
    with pytest.raises(StorageError) as caught:
        await blobs.acquire_lease(name, "a", 15)
    assert (caught.value.code, caught.value.status) == ("LeaseAlreadyPresent", 409)
    assert (await blobs.properties(name, "a")).lease_duration == "fixed"
    await blobs.release_lease(name, "a", lease)
    assert (await blobs.properties(name, "a")).lease_state == "available"
    await blobs.acquire_lease(name, "a", 15)


@contract()
async def test_the_holder_may_acquire_again_under_its_own_id(account: StorageAccount, name: str) -> None:
    await account.blobs.create_container(name)
    await account.blobs.put(name, "a", b"")
    proposed = str(uuid.uuid4())
    assert await account.blobs.acquire_lease(name, "a", 15, proposed) == proposed
    assert await account.blobs.acquire_lease(name, "a", 60, proposed) == proposed


@contract()
async def test_one_of_many_wins(account: StorageAccount, name: str) -> None:
    await account.blobs.create_container(name)
    await account.blobs.put(name, "a", b"")
    tries = await asyncio.gather(
        *(account.blobs.acquire_lease(name, "a", 15) for _ in range(8)), return_exceptions=True
    )
    winners = [each for each in tries if isinstance(each, str)]
    assert len(winners) == 1
    assert {each.code for each in tries if isinstance(each, StorageError)} == {"LeaseAlreadyPresent"}
    await account.blobs.renew_lease(name, "a", winners[0])


@contract()
async def test_only_the_holder_renews_releases_and_changes(account: StorageAccount, name: str) -> None:
    blobs = account.blobs
    lease = await _leased(account, name, 15)
    stranger = str(uuid.uuid4())
    for operation in (
        blobs.renew_lease(name, "a", stranger),
        blobs.release_lease(name, "a", stranger),
        blobs.change_lease(name, "a", stranger, str(uuid.uuid4())),
    ):
        with pytest.raises(StorageError) as caught:
            await operation
        assert (caught.value.code, caught.value.status) == ("LeaseIdMismatchWithLeaseOperation", 409)
    await blobs.renew_lease(name, "a", lease)
    assert await blobs.change_lease(name, "a", lease, stranger) == stranger
    await blobs.renew_lease(name, "a", stranger)
    with pytest.raises(StorageError):
        await blobs.renew_lease(name, "a", lease)


@contract()
async def test_a_released_lease_cannot_be_renewed(account: StorageAccount, name: str) -> None:
    lease = await _leased(account, name, 15)
    await account.blobs.release_lease(name, "a", lease)
    with pytest.raises(StorageError) as caught:
        await account.blobs.renew_lease(name, "a", lease)
    assert caught.value.status == 409


@contract()
async def test_a_lease_that_is_broken_at_once_can_be_taken(account: StorageAccount, name: str) -> None:
    blobs = account.blobs
    lease = await _leased(account, name)
    assert await blobs.break_lease(name, "a", 0) == 0
    assert (await blobs.properties(name, "a")).lease_state == "broken"
    with pytest.raises(StorageError) as caught:
        await blobs.renew_lease(name, "a", lease)
    assert (caught.value.code, caught.value.status) == ("LeaseIsBrokenAndCannotBeRenewed", 409)
    await blobs.put(name, "a", b"by anybody")
    await blobs.acquire_lease(name, "a", 15)


@contract()
async def test_a_lease_breaks_after_the_period_that_was_asked_for(account: StorageAccount, name: str) -> None:
    blobs = account.blobs
    await _leased(account, name)
    assert await blobs.break_lease(name, "a", 60) == 60
    assert (await blobs.properties(name, "a")).lease_state == "breaking"
    with pytest.raises(StorageError) as caught:
        await blobs.acquire_lease(name, "a", 15)
    assert caught.value.status == 409
    begun = time.monotonic()
    assert await blobs.break_lease(name, "a", 1) == 1
    while (state := (await blobs.properties(name, "a")).lease_state) == "breaking":
        assert time.monotonic() < begun + 30
        await asyncio.sleep(0.1)
    assert state == "broken"
    assert time.monotonic() - begun > 0.9
    await blobs.acquire_lease(name, "a", 15)


@contract()
async def test_a_break_without_a_period_waits_for_the_lease_to_end(account: StorageAccount, name: str) -> None:
    await _leased(account, name, 30)
    assert 25 <= await account.blobs.break_lease(name, "a") <= 30


@contract()
async def test_a_blob_without_a_lease_has_nothing_to_break_or_renew(account: StorageAccount, name: str) -> None:
    blobs = account.blobs
    await blobs.create_container(name)
    await blobs.put(name, "a", b"")
    with pytest.raises(StorageError) as caught:
        await blobs.break_lease(name, "a")
    assert (caught.value.code, caught.value.status) == ("LeaseNotPresentWithLeaseOperation", 409)
    with pytest.raises(StorageError) as caught:
        await blobs.renew_lease(name, "a", str(uuid.uuid4()))
    assert caught.value.status == 409
    with pytest.raises(StorageError) as caught:
        await blobs.put(name, "a", b"", conditions=Conditions(lease_id=str(uuid.uuid4())))
    assert (caught.value.code, caught.value.status) == ("LeaseNotPresentWithBlobOperation", 412)


@contract()
async def test_lengths_that_the_service_does_not_know_are_refused(account: StorageAccount, name: str) -> None:
    await account.blobs.create_container(name)
    await account.blobs.put(name, "a", b"")
    for seconds in (14, 61, 0):
        with pytest.raises(StorageError) as caught:
            await account.blobs.acquire_lease(name, "a", seconds)
        assert caught.value.status == 400


@contract()
async def test_a_lease_ends_by_itself_and_can_be_renewed_until_another_takes_it(
    account: StorageAccount, name: str
) -> None:
    blobs = account.blobs
    lease = await _leased(account, name, 15)
    deadline = time.monotonic() + 60
    while (await blobs.properties(name, "a")).lease_state != "expired":
        assert time.monotonic() < deadline
        await asyncio.sleep(0.5)
    await blobs.renew_lease(name, "a", lease)
    assert (await blobs.properties(name, "a")).lease_state == "leased"
    await blobs.release_lease(name, "a", lease)
    await blobs.acquire_lease(name, "a", 15)
    with pytest.raises(StorageError) as caught:
        await blobs.renew_lease(name, "a", lease)
    assert caught.value.code == "LeaseIdMismatchWithLeaseOperation"
