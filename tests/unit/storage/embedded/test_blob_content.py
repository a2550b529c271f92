"""Content that is shared and counted: nothing is lost, nothing is left."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from funchost.errors import StorageError
from funchost.storage.embedded import blob_deletes, blob_writes, block_lists
from funchost.storage.embedded.blob_content import AT_ONCE, Change, Upload, content_of, purge_list, segments_of
from funchost.storage.embedded.blob_deletes import Snapshots
from funchost.storage.embedded.blob_row import BlobRow, require_blob
from funchost.storage.embedded.blob_writes import APPEND_BLOB, Draft, Place
from funchost.storage.embedded.blobs_schema import SCHEMA
from funchost.storage.embedded.block_lists import BlockChoice, Choice

PLACE = Place(1, "a")


@pytest.fixture
def change() -> Iterator[Change]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA)
    yield Change(connection, 1_800_000_000_000_000, [])
    connection.close()


def _upload(text: str) -> Upload:
    """Upper-case text goes to a file."""
    if text.isupper():
        return Upload(len(text), "", file=text)
    return Upload(len(text), "", text.encode())


def _chunks(change: Change) -> list[tuple[str, int]]:
    rows = change.connection.execute("SELECT coalesce(file, data), uses FROM blob_chunks ORDER BY id").fetchall()
    return [(text if isinstance(text, str) else text.decode(), uses) for text, uses in rows]


def _content(change: Change, row: BlobRow) -> str:
    parts = []
    for segment in segments_of(change.connection, content_of(row)):
        text, data = change.connection.execute(
            "SELECT file, data FROM blob_chunks WHERE id = ?", (segment.chunk,)
        ).fetchone()
        parts.append(text or data.decode())
    return "".join(parts)


def _stage(change: Change, *texts: str) -> None:
    for text in texts:
        block_lists.stage_block(change, PLACE, text.lower(), _upload(text))


def _commit(change: Change, *entries: str) -> BlobRow:
    """Commit blocks: a plus means staged, a minus committed, neither the latest."""
    kinds: dict[str, Choice] = {"+": "Uncommitted", "-": "Committed"}
    choices = [BlockChoice(kinds.get(entry[:1], "Latest"), entry.lstrip("+-")) for entry in entries]
    return block_lists.commit_blocks(change, PLACE, choices, Draft())


def test_a_replaced_blob_frees_its_file(change: Change) -> None:
    blob_writes.put_blob(change, PLACE, _upload("OLD"), Draft())
    row = blob_writes.put_blob(change, PLACE, _upload("new"), Draft())
    assert (_content(change, row), _chunks(change), change.freed) == ("new", [("new", 1)], ["OLD"])


def test_a_snapshot_shares_the_content_until_both_are_gone(change: Change) -> None:
    blob_writes.put_blob(change, PLACE, _upload("OLD"), Draft())
    _, stamp = blob_deletes.take_snapshot(change, PLACE)
    _, second = blob_deletes.take_snapshot(change, PLACE)
    assert stamp < second
    assert _chunks(change) == [("OLD", 3)]
    blob_deletes.delete_snapshot(change, PLACE, stamp)
    blob_writes.put_blob(change, PLACE, _upload("new"), Draft())
    assert (_chunks(change), change.freed) == ([("OLD", 1), ("new", 1)], [])
    blob_deletes.delete_blob(change, PLACE, Snapshots.INCLUDE)
    assert (_chunks(change), change.freed) == ([], ["OLD"])


def test_a_block_list_takes_what_is_chosen(change: Change) -> None:
    _stage(change, "A", "b", "C")
    assert _content(change, _commit(change, "c", "+a")) == "CA"
    assert _chunks(change) == [("A", 1), ("C", 1)]
    _stage(change, "a", "d")
    row = _commit(change, "-a", "+a", "a", "-a", "c")
    assert _content(change, row) == "AaaAC"
    assert row.size == 5
    assert _chunks(change) == [("A", 2), ("C", 1), ("a", 2)]
    assert change.freed == []
    _commit(change)
    assert (_chunks(change), sorted(change.freed)) == ([], ["A", "C"])
    assert change.connection.execute("SELECT count(*) FROM blob_segments").fetchone() == (0,)


@pytest.mark.parametrize("entry", ["x", "-b", "+a", ""])
def test_a_block_that_is_not_there_is_refused(change: Change, entry: str) -> None:
    _stage(change, "a")
    _commit(change, "a")
    _stage(change, "b")
    with pytest.raises(StorageError) as caught:
        _commit(change, entry)
    assert caught.value.code == "InvalidBlockList"


def test_an_append_blob_grows_in_place_and_its_snapshots_do_not(change: Change) -> None:
    blob_writes.put_blob(change, PLACE, _upload(""), Draft(kind=APPEND_BLOB))
    blob_writes.append_block(change, PLACE, _upload("1"))
    _, stamp = blob_deletes.take_snapshot(change, PLACE)
    grown = blob_writes.append_block(change, PLACE, _upload("2"))
    old = require_blob(change.connection, *PLACE, stamp)
    assert (_content(change, old), _content(change, grown)) == ("1", "12")
    assert grown.content == old.content
    blob_deletes.delete_blob(change, PLACE, Snapshots.ONLY)
    assert _chunks(change) == [("1", 1), ("2", 1)]


def test_a_very_long_list_is_left_to_the_upkeep(change: Change) -> None:
    names = [f"{number:05}" for number in range(AT_ONCE + 1)]
    _stage(change, *names)
    row = _commit(change, *names)
    blob_deletes.delete_blob(change, PLACE, Snapshots.NONE)
    assert len(_chunks(change)) == AT_ONCE + 1
    assert not purge_list(change, row.content, AT_ONCE)
    assert purge_list(change, row.content, AT_ONCE)
    assert _chunks(change) == []
