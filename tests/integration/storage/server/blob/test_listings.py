"""Listings through the official client."""

from __future__ import annotations

import asyncio
from itertools import chain

import pytest
from azure.storage.blob import BlobPrefix, ContainerClient

from funchost.storage.endpoints import DEVELOPMENT_ACCOUNT
from tests.integration.storage.server.front_fixture import ServedStore

NAMES = ["B", "a", "a/1", "a/2/x", "a/2/y", "a0", "b/", "b/c", "é", "日本", "😀"]


def _put(container: ContainerClient) -> None:
    for name in reversed(NAMES):
        container.upload_blob(name, b"")


def test_names_come_in_ordinal_order_in_pages(container: ContainerClient) -> None:
    _put(container)
    assert list(container.list_blob_names()) == NAMES
    pages = [[blob.name for blob in page] for page in container.list_blobs(results_per_page=4).by_page()]
    assert [len(page) for page in pages] == [4, 4, 3]
    assert list(chain.from_iterable(pages)) == NAMES
    assert list(container.list_blob_names(name_starts_with="a/2")) == ["a/2/x", "a/2/y"]
    assert list(container.list_blob_names(name_starts_with="zz")) == []


def test_a_listing_goes_on_where_its_marker_says(container: ContainerClient) -> None:
    _put(container)
    pages = container.list_blobs(results_per_page=3).by_page()
    list(next(pages))
    token = str(getattr(pages, "continuation_token", ""))
    rest = container.list_blobs(results_per_page=100).by_page(token)
    assert [blob.name for blob in next(rest)] == NAMES[3:]


def test_a_hierarchy_shows_groups_once(container: ContainerClient) -> None:
    _put(container)
    found = [(entry.name, isinstance(entry, BlobPrefix)) for entry in container.walk_blobs(delimiter="/")]
    assert [name for name, group in found if group] == ["a/", "b/"]
    assert [name for name, group in found if not group] == ["B", "a", "a0", "é", "日本", "😀"]
    below = [entry.name for entry in container.walk_blobs("a/", delimiter="/")]
    assert sorted(below) == ["a/1", "a/2/"]
    pages = [list(page) for page in container.walk_blobs(delimiter="/", results_per_page=1).by_page()]
    assert [page[0].name for page in pages] == ["B", "a", "a/", "a0", "b/", "é", "日本", "😀"]


def test_a_group_of_many_names_is_jumped_over(container: ContainerClient, served_store: ServedStore) -> None:
    blobs = served_store.store.account(DEVELOPMENT_ACCOUNT).blobs

    async def fill() -> None:
        await asyncio.gather(*(blobs.put(container.container_name, f"many/{n:04}", b"") for n in range(1200)))

    served_store.run(fill())
    container.upload_blob("more", b"")
    assert [entry.name for entry in container.walk_blobs(delimiter="/")] == ["many/", "more"]


def test_what_is_asked_for_is_included(container: ContainerClient) -> None:
    blob = container.upload_blob("a", b"1", metadata={"k": "<v>"}, tags={"t": "1"})
    blob.create_snapshot()
    container.get_blob_client("copy").start_copy_from_url(blob.url)
    plain = {found.name: found for found in container.list_blobs()}
    assert (plain["a"].size, plain["a"].tag_count, plain["a"].lease.state) == (1, 1, "available")
    assert not plain["a"].metadata
    assert plain["a"].etag == blob.get_blob_properties().etag.strip('"')
    full = list(container.list_blobs(include=["metadata", "snapshots", "tags", "copy"]))
    assert [(found.name, found.snapshot is None) for found in full] == [("a", False), ("a", True), ("copy", True)]
    assert full[1].metadata == {"k": "<v>"}
    assert full[1].tags == {"t": "1"}
    assert full[2].copy.status == "success"


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
def test_a_blob_stands_behind_its_snapshots_the_oldest_first(container: ContainerClient, size: int) -> None:
    expected: list[tuple[str, str | None]] = []
    for name in ("a", "a0", "b"):
        blob = container.upload_blob(name, b"1")
        if name != "a0":
            expected += [(name, str(blob.create_snapshot()["snapshot"])) for _ in range(3)]
        expected.append((name, None))
    container.get_blob_client("a00").stage_block("AAAA", b"1")
    expected.insert(5, ("a00", None))
    include = ["snapshots", "uncommittedblobs"]
    pages = [list(page) for page in container.list_blobs(include=include, results_per_page=size).by_page()]
    assert [(found.name, found.snapshot) for page in pages for found in page] == expected
    assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1)
    assert list(container.list_blob_names(results_per_page=size)) == ["a", "a0", "b"]
