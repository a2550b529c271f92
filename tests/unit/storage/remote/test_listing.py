from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError

import pytest

from funchost.storage.remote.dates import read_date
from funchost.storage.remote.listing import read_listing


def _name(element: Element) -> str:
    return element.findtext("Name") or ""


def listing(names: list[str], marker: str = "") -> bytes:
    entries = "".join(f"<Blob><Name>{name}</Name></Blob>" for name in names)
    return (
        f"<EnumerationResults><Blobs>{entries}</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>".encode()
    )


def test_a_page_longer_than_a_slice_is_read_whole() -> None:
    names = [f"ä/{number:08}" for number in range(5000)]
    assert asyncio.run(read_listing(listing(names, "next"), "Blob", _name)) == (names, "next")


def test_the_last_page_has_no_marker() -> None:
    assert asyncio.run(read_listing(listing([]), "Blob", _name)) == ([], None)


def test_the_loop_goes_on_while_a_long_page_is_read() -> None:
    async def scenario() -> int:
        turns = 0
        reading = asyncio.ensure_future(read_listing(listing(["x" * 100] * 5000), "Blob", _name))
        while not reading.done():
            turns += 1
            await asyncio.sleep(0)
        return turns

    assert asyncio.run(scenario()) > 5


@pytest.mark.parametrize("text", [b"<!DOCTYPE a><a/>", b"<a>", listing(["a"])[:-5]])
def test_what_is_no_listing_is_refused(text: bytes) -> None:
    with pytest.raises(ParseError):
        asyncio.run(read_listing(text, "Blob", _name))


def test_dates_are_read_as_the_services_write_them() -> None:
    assert read_date("Sat, 01 Feb 2025 23:59:58 GMT") == datetime(2025, 2, 1, 23, 59, 58, tzinfo=UTC)
    assert read_date("Fri, 31 Dec 9999 23:59:59 GMT").year == 9999


@pytest.mark.parametrize(
    "text", ["", "2025-02-01T00:00:00Z", "Sat, 01 Foo 2025 23:59:58 GMT", "Sat, 41 Feb 2025 23:59:58 GMT"]
)
def test_other_texts_are_no_dates(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        read_date(text)
