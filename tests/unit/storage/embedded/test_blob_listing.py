"""Listings: order, groups, pages; checked against a list that was sorted and grouped by hand."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funchost.errors import StorageError
from funchost.storage.embedded.blob_content import Change, Upload
from funchost.storage.embedded.blob_listing import Group, Listing, list_page
from funchost.storage.embedded.blob_writes import Draft, Place, put_blob
from funchost.storage.embedded.blobs_schema import SCHEMA, clock_set_back
from funchost.storage.embedded.block_lists import stage_block

names = st.lists(st.text("ab/\n￿😀", min_size=1, max_size=5), max_size=25, unique=True)


def _store(blobs: list[str], staged: list[str] | None = None) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA)
    change = Change(connection, 1, [])
    for name in blobs:
        put_blob(change, Place(1, name), Upload(0, ""), Draft())
    for name in staged or ():
        stage_block(change, Place(1, name), "b", Upload(1, "", b"x"))
    return connection


def _all(connection: sqlite3.Connection, listing: Listing) -> list[str]:
    found: list[str] = []
    while True:
        page = list_page(connection, listing)
        assert len(page.entries) <= listing.limit
        found += [entry.prefix if isinstance(entry, Group) else entry.name for entry in page.entries]
        if page.next is None:
            return found
        listing = listing._replace(marker=page.next)


def _expected(blobs: list[str], prefix: str, delimiter: str) -> list[str]:
    shown = []
    for name in sorted(blobs):
        if name.startswith(prefix):
            end = name.find(delimiter, len(prefix)) if delimiter else -1
            shown.append(name if end < 0 else name[: end + len(delimiter)])
    return list(dict.fromkeys(shown))


@settings(max_examples=40, deadline=None)
@given(names, st.sampled_from(["", "a", "a/", "b/a"]), st.sampled_from(["", "/", "a"]), st.integers(1, 4))
def test_pages_together_show_everything_once(blobs: list[str], prefix: str, delimiter: str, limit: int) -> None:
    connection = _store(blobs)
    assert _all(connection, Listing(1, prefix, delimiter, limit=limit)) == _expected(blobs, prefix, delimiter)
    connection.close()


@settings(max_examples=25, deadline=None)
@given(names, names, st.sampled_from(["", "/"]), st.integers(1, 4))
def test_blobs_of_staged_blocks_stand_between_the_others(
    blobs: list[str], staged: list[str], delimiter: str, limit: int
) -> None:
    connection = _store(blobs, staged)
    listing = Listing(1, "", delimiter, limit=limit, uncommitted=True)
    assert _all(connection, listing) == _expected(list({*blobs, *staged}), "", delimiter)
    connection.close()


def test_a_marker_of_somebody_else_is_refused() -> None:
    connection = _store([])
    with pytest.raises(StorageError) as caught:
        list_page(connection, Listing(1, marker="!"))
    assert caught.value.code == "OutOfRangeInput"
    connection.close()


def test_a_lease_that_was_taken_by_a_clock_ahead_lasts_as_long_as_it_was_asked_for() -> None:
    connection = _store(["a", "b"])
    now = 1_800_000_000_000_000
    hour = 3_600_000_000
    connection.execute("UPDATE blobs SET lease_id = 'x', lease_seconds = 15, lease_until = ?", (now + hour,))
    connection.execute("UPDATE blobs SET lease_breaks = ? WHERE name = 'b'", (now + hour,))
    clock_set_back(connection, now)
    rows = connection.execute("SELECT lease_until, lease_breaks FROM blobs ORDER BY name").fetchall()
    assert rows == [(now + 15_000_000, None), (now + 15_000_000, now + 60_000_000)]
    connection.close()
