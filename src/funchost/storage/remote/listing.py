"""Reads the pages of listings, which can be megabytes of XML, in slices between which the event loop goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar
from xml.etree.ElementTree import Element, XMLPullParser

from funchost.storage.remote.failure import about_answer
from funchost.storage.remote.service import ServiceClient
from funchost.storage.remote.xml_text import without_types

_SLICE = 64 * 1024

T = TypeVar("T")


async def list_account(
    client: ServiceClient, tag: str, make: Callable[[Element], T], prefix: str, **query: str
) -> tuple[T, ...]:
    """Return what `make` makes of the containers or queues of an account, of all pages.

    Args:
        tag: name of their elements.
        prefix: of their names.
        query: what is asked for besides.

    Raises:
        StorageError.
    """
    found: list[T] = []
    asked = {"comp": "list", **query}
    if prefix:
        asked["prefix"] = prefix
    while True:
        reply = await client.call("GET", "/", asked, repeatable=True)
        with about_answer(client.url):
            page, marker = await read_listing(reply.body, tag, make)
        found += page
        if marker is None:
            return tuple(found)
        asked["marker"] = marker


async def read_listing(text: bytes, tag: str, make: Callable[[Element], T]) -> tuple[list[T], str | None]:
    """Return what `make` makes of each element called `tag`, and the marker of the next page, None at the end.

    Raises:
        ParseError: it is not the XML of a storage service.
    """
    found: list[T] = []
    marker: str | None = None
    parser: XMLPullParser[Element] = XMLPullParser(("end",))
    text = without_types(text)
    for start in range(0, len(text), _SLICE):
        if start:
            await asyncio.sleep(0)
        parser.feed(text[start : start + _SLICE])
        for event in parser.read_events():
            element = event[-1]
            if not isinstance(element, Element):
                continue  # events of namespaces, which are not asked for, have none
            if element.tag == tag:
                found.append(make(element))
                element.clear()
            elif element.tag == "NextMarker":
                marker = element.text
    parser.close()
    return found, marker or None
