"""What every BlobStore does with containers and blobs. Leases have a file of their own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from funchost.errors import StorageError
from funchost.storage.account import StorageAccount
from funchost.storage.blobs import BlobContent, Conditions
from tests.integration.storage.contract.stores import contract

MIB = 1024 * 1024


class Pieces:
    """A Body of known content in odd pieces."""

    def __init__(self, content: bytes, size: int | None, piece: int = 777_777) -> None:
        self.size = size
        self._content = content
        self._piece = piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._content), self._piece):
            yield self._content[start : start + self._piece]


async def content_of(read: BlobContent) -> bytes:
    """All bytes of a blob that was read."""
    if isinstance(read.body, bytes):
        return read.body
    content = b"".join([piece async for piece in read.body])
    assert read.body.size == len(content)
    return content


@contract()
async def test_a_container_is_created_once(account: StorageAccount, name: str) -> None:
    assert await account.blobs.create_container(name)
    assert not await account.blobs.create_container(name)
    properties = await account.blobs.container_properties(name)
    assert properties.name == name
    assert properties.etag.startswith('"')
    assert abs(properties.last_modified - datetime.now(UTC)) < timedelta(minutes=10)


@contract()
async def test_containers_are_listed_by_prefix_in_order(account: StorageAccount, name: str) -> None:
    names = [f"{name}-b", name, f"{name}-a"]
    for each in names:
        await account.blobs.create_container(each)
    try:
        assert [found.name for found in await account.blobs.list_containers(name)] == sorted(names)
        assert name in [found.name for found in await account.blobs.list_containers()]
    finally:
        for each in (names[0], names[2]):
            await account.blobs.delete_container(each)


@contract()
async def test_a_backslash_in_a_name_means_a_slash(account: StorageAccount, name: str) -> None:
    blobs = account.blobs
    await blobs.create_container(name)
    await blobs.put(name, "a\\b\\c", b"1")
    assert await content_of(await blobs.get(name, "a/b/c")) == b"1"
    assert await content_of(await blobs.get(name, "a\\b/c")) == b"1"
    assert [blob.name for blob in (await blobs.list_blobs(name)).blobs] == ["a/b/c"]
    await blobs.delete(name, "a\\b\\c")
    assert (await blobs.list_blobs(name)).blobs == ()


@contract()
async def test_every_operation_on_a_missing_container_says_so(account: StorageAccount, name: str) -> None:
    blobs = account.blobs
    for operation in (
        blobs.container_properties(name),
        blobs.delete_container(name),
        blobs.list_blobs(name),
        blobs.put(name, "a", b""),
        blobs.get(name, "a"),
    ):
        with pytest.raises(StorageError) as caught:
            await operation
        assert (caught.value.code, caught.value.status) == ("ContainerNotFound", 404)


@contract()
async def test_every_operation_on_a_missing_blob_says_so(account: StorageAccount, name: str) -> None:
    blobs = account.blobs
    await blobs.create_container(name)
    for operation in (
        blobs.get(name, "a"),
        blobs.properties(name, "a"),
        blobs.set_metadata(name, "a", {}),
        blobs.delete(name, "a"),
        blobs.acquire_lease(name, "a", 15),
    ):
        with pytest.raises(StorageError) as caught:
            await operation
        assert (caught.value.code, caught.value.status) == ("BlobNotFound", 404)


@contract()
async def test_names_that_break_the_rules_are_refused(account: StorageAccount, name: str) -> None:
    with pytest.raises(StorageError) as caught:
        await account.blobs.create_container("Not_A_Name")
    assert caught.value.status == 400


@contract()
async def test_a_blob_has_what_it_was_given(account: StorageAccount, name: str) -> None:
    blobs = account.blobs
    await blobs.create_container(name)
    written = await blobs.put(name, "a.txt", b"hello", content_type="text/plain", metadata={"owner": "shop", "n": "1"})
    read = await blobs.get(name, "a.txt")
    head = await blobs.properties(name, "a.txt")
    assert await content_of(read) == b"hello"
    for properties in (written, read.properties, head):
        assert (properties.container, properties.name, properties.size) == (name, "a.txt", 5)
        assert (properties.content_type, dict(properties.metadata)) == ("text/plain", {"owner": "shop", "n": "1"})
        assert (properties.etag, properties.last_modified) == (head.etag, head.last_modified)
        assert properties.etag.startswith('"')
    assert head.blob_type == "BlockBlob"
    assert (head.lease_state, head.lease_duration) == ("available", None)
    assert head.content_md5 == "XUFAKrxLKna5cZ2REBfFkg=="
    assert head.created is not None
    assert head.created.tzinfo is not None


@contract()
async def test_a_blob_without_a_type_is_a_stream_of_bytes(account: StorageAccount, name: str) -> None:
    await account.blobs.create_container(name)
    await account.blobs.put(name, "a", b"x")
    assert (await account.blobs.properties(name, "a")).content_type == "application/octet-stream"


@contract()
async def test_an_empty_blob_is_read_as_nothing(account: StorageAccount, name: str) -> None:
    await account.blobs.create_container(name)
    await account.blobs.put(name, "empty", b"")
    read = await account.blobs.get(name, "empty")
    assert (await content_of(read), read.properties.size) == (b"", 0)


@contract()
async def test_a_second_write_replaces_everything(account: StorageAccount, name: str) -> None:
    await account.blobs.create_container(name)
    first = await account.blobs.put(name, "a", b"long content", content_type="text/plain", metadata={"a": "1"})
    second = await account.blobs.put(name, "a", b"short")
    read = await account.blobs.get(name, "a")
    assert await content_of(read) == b"short"
    assert (read.properties.content_type, dict(read.properties.metadata)) == ("application/octet-stream", {})
    assert first.etag != second.etag


@contract()
async def test_a_deleted_blob_is_gone(account: StorageAccount, name: str) -> None:
    await account.blobs.create_container(name)
    await account.blobs.put(name, "a", b"x")
    await account.blobs.delete(name, "a")
    with pytest.raises(StorageError) as caught:
        await account.blobs.properties(name, "a")
    assert caught.value.code == "BlobNotFound"


@contract()
async def test_names_may_hold_what_urls_and_xml_treat_as_special(account: StorageAccount, name: str) -> None:
    names = ["a b+c%20d.txt", "dir/sub dir/ä&<>'\".json", "q?x=1#y", "~tilde(1);=@:$,!*", "😀"]
    await account.blobs.create_container(name)
    for number, each in enumerate(names):
        await account.blobs.put(name, each, str(number).encode())
    assert [blob.name for blob in (await account.blobs.list_blobs(name)).blobs] == sorted(names)
    for number, each in enumerate(names):
        assert await content_of(await account.blobs.get(name, each)) == str(number).encode()


@contract()
async def test_a_part_of_a_blob_can_be_read(account: StorageAccount, name: str) -> None:
    await account.blobs.create_container(name)
    await account.blobs.put(name, "a", b"0123456789", content_type="text/plain")
    for offset, length, expected in (
        (0, 4, b"0123"),
        (4, 3, b"456"),
        (7, None, b"789"),
        (7, 100, b"789"),
        (0, 10, b"0123456789"),
        (3, 0, b""),
    ):
        read = await account.blobs.get(name, "a", offset=offset, length=length)
        assert await content_of(read) == expected
        assert (read.properties.size, read.properties.content_type) == (10, "text/plain")
        assert read.properties.content_md5 == "eB5eJF1ptWaXm4bijSPyxw=="


@contract(azurite="it answers a part that begins at the end with no bytes")
async def test_a_part_beyond_the_end_is_refused(account: StorageAccount, name: str) -> None:
    await account.blobs.create_container(name)
    await account.blobs.put(name, "a", b"0123456789")
    for offset in (10, 11):
        with pytest.raises(StorageError) as caught:
            await account.blobs.get(name, "a", offset=offset)
        assert (caught.value.code, caught.value.status) == ("InvalidRange", 416)


@contract()
async def test_a_long_blob_goes_in_and_out_as_a_stream(account: StorageAccount, name: str) -> None:
    content = os.urandom(10 * MIB + 12_345)
    await account.blobs.create_container(name)
    for size in (len(content), None):
        written = await account.blobs.put(name, "long", Pieces(content, size), content_type="video/mp4")
        assert (written.size, written.content_type) == (len(content), "video/mp4")
    read = await account.blobs.get(name, "long")
    assert not isinstance(read.body, bytes)
    assert await content_of(read) == content
    part = await account.blobs.get(name, "long", offset=MIB, length=6 * MIB)
    assert await content_of(part) == content[MIB : 7 * MIB]
    assert part.properties.size == len(content)


@contract()
async def test_long_bytes_are_a_blob_like_any_other(account: StorageAccount, name: str) -> None:
    content = os.urandom(9 * MIB)
    await account.blobs.create_container(name)
    await account.blobs.put(name, "long", content)
    assert await content_of(await account.blobs.get(name, "long")) == content


@contract()
async def test_a_short_stream_of_unknown_length_is_a_blob_like_any_other(account: StorageAccount, name: str) -> None:
    await account.blobs.create_container(name)
    for content in (b"", b"short"):
        written = await account.blobs.put(name, "a", Pieces(content, None))
        assert written.size == len(content)
        assert await content_of(await account.blobs.get(name, "a")) == content


@contract()
async def test_a_stream_that_breaks_leaves_the_old_content(account: StorageAccount, name: str) -> None:
    class Broken:
        size: int | None = 6 * MIB

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield bytes(5 * MIB)
            raise ConnectionResetError("the sender went away")

    await account.blobs.create_container(name)
    await account.blobs.put(name, "a", b"old")
    with pytest.raises(ConnectionResetError):
        await account.blobs.put(name, "a", Broken())
    assert await content_of(await account.blobs.get(name, "a")) == b"old"


@contract()
async def test_a_stream_is_of_one_version_of_the_blob(account: StorageAccount, name: str) -> None:
    old, new = bytes(12 * MIB), b"\1" * (12 * MIB)
    await account.blobs.create_container(name)
    await account.blobs.put(name, "a", Pieces(old, len(old)))
    read = await account.blobs.get(name, "a")
    assert not isinstance(read.body, bytes)
    pieces = aiter(read.body)
    content = await anext(pieces)
    await account.blobs.put(name, "a", Pieces(new, len(new)))
    refused = None
    try:
        content += b"".join([piece async for piece in pieces])
    except StorageError as error:
        refused = error.code
    assert refused == "ConditionNotMet" or content == old


@contract()
async def test_a_stream_may_be_left_unread(account: StorageAccount, name: str) -> None:
    content = bytes(9 * MIB)
    await account.blobs.create_container(name)
    await account.blobs.put(name, "a", Pieces(content, len(content)))
    await account.blobs.get(name, "a")
    half = await account.blobs.get(name, "a")
    assert not isinstance(half.body, bytes)
    async for _ in half.body:
        break
    await account.blobs.delete(name, "a")


@contract()
async def test_metadata_is_replaced_and_changes_the_etag_but_nothing_else(account: StorageAccount, name: str) -> None:
    await account.blobs.create_container(name)
    before = await account.blobs.put(name, "a", b"x", content_type="text/plain", metadata={"a": "1"})
    etag = await account.blobs.set_metadata(name, "a", {"b": "two words"})
    after = await account.blobs.properties(name, "a")
    assert etag == after.etag != before.etag
    assert (dict(after.metadata), after.content_type, after.size) == ({"b": "two words"}, "text/plain", 1)


@contract()
async def test_metadata_that_no_header_can_carry_is_refused(account: StorageAccount, name: str) -> None:
    await account.blobs.create_container(name)
    for metadata in ({"not a name": "1"}, {"a": "line\r\nbreak"}):
        with pytest.raises(StorageError) as caught:
            await account.blobs.put(name, "a", b"", metadata=metadata)
        assert (caught.value.code, caught.value.status) == ("InvalidMetadata", 400)


@contract()
async def test_a_blob_is_created_only_if_it_is_not_there(account: StorageAccount, name: str) -> None:
    await account.blobs.create_container(name)
    only_new = Conditions(if_none_match="*")
    await account.blobs.put(name, "a", b"first", conditions=only_new)
    with pytest.raises(StorageError) as caught:
        await account.blobs.put(name, "a", b"second", conditions=only_new)
    assert (caught.value.code, caught.value.status) == ("BlobAlreadyExists", 409)
    content = bytes(9 * MIB)
    with pytest.raises(StorageError) as caught:
        await account.blobs.put(name, "a", Pieces(content, len(content)), conditions=only_new)
    assert (caught.value.code, caught.value.status) == ("BlobAlreadyExists", 409)
    assert await content_of(await account.blobs.get(name, "a")) == b"first"


@contract()
async def test_writes_name_the_version_that_they_replace(account: StorageAccount, name: str) -> None:
    blobs = account.blobs
    await blobs.create_container(name)
    first = await blobs.put(name, "a", b"1")
    second = await blobs.put(name, "a", b"2", conditions=Conditions(if_match=first.etag))
    stale = Conditions(if_match=first.etag)
    for operation in (
        blobs.put(name, "a", b"3", conditions=stale),
        blobs.set_metadata(name, "a", {}, stale),
        blobs.delete(name, "a", stale),
        blobs.get(name, "a", conditions=stale),
        blobs.properties(name, "a", stale),
    ):
        with pytest.raises(StorageError) as caught:
            await operation
        assert (caught.value.code, caught.value.status) == ("ConditionNotMet", 412)
    await blobs.delete(name, "a", Conditions(if_match=second.etag))


@contract(azurite="it creates the blob")
async def test_a_version_that_must_exist_does_not(account: StorageAccount, name: str) -> None:
    await account.blobs.create_container(name)
    with pytest.raises(StorageError) as caught:
        await account.blobs.put(name, "a", b"", conditions=Conditions(if_match="*"))
    assert caught.value.status in (404, 412)


@contract()
async def test_a_version_that_is_known_is_not_read_again(account: StorageAccount, name: str) -> None:
    await account.blobs.create_container(name)
    written = await account.blobs.put(name, "a", b"1")
    for operation in (
        account.blobs.get(name, "a", conditions=Conditions(if_none_match=written.etag)),
        account.blobs.get(name, "a", conditions=Conditions(if_modified_since=written.last_modified)),
    ):
        with pytest.raises(StorageError) as caught:
            await operation
        assert (caught.value.code, caught.value.status) == ("ConditionNotMet", 304)
    read = await account.blobs.get(name, "a", conditions=Conditions(if_unmodified_since=written.last_modified))
    assert await content_of(read) == b"1"


@contract()
async def test_blobs_are_listed_in_pages_by_prefix(account: StorageAccount, name: str) -> None:
    names = ["A/1", "a/1", "a/10", "a/2", "a0", "b"]
    await account.blobs.create_container(name)
    for each in names:
        await account.blobs.put(name, each, each.encode(), content_type="text/plain", metadata={"of": "test"})
    found: list[str] = []
    marker: str | None = None
    pages = 0
    while True:
        page = await account.blobs.list_blobs(name, "a/", marker, 2)
        assert len(page.blobs) <= 2
        found += [blob.name for blob in page.blobs]
        pages += 1
        marker = page.next
        if marker is None:
            break
    assert found == ["a/1", "a/10", "a/2"]
    assert pages == 2
    (blob,) = (await account.blobs.list_blobs(name, "b")).blobs
    assert blob == await account.blobs.properties(name, "b")
    assert [each.name for each in (await account.blobs.list_blobs(name)).blobs] == names
    assert await account.blobs.list_blobs(name, "c") == ((), None)


@contract()
async def test_a_watcher_is_woken_by_a_write_until_it_stops_watching(account: StorageAccount, name: str) -> None:
    await account.blobs.create_container(name)
    woken = asyncio.Event()
    stop = account.blobs.watch(name, woken.set)
    await account.blobs.put(name, "a", b"x")
    await asyncio.wait_for(woken.wait(), 30.0)
    stop()
    woken.clear()
    await account.blobs.put(name, "b", b"x")
    await asyncio.sleep(0)
    assert not woken.is_set()
