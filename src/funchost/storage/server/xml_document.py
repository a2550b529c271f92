"""XML bodies of the storage services: read with bounds, written with escapes."""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.parsers import expat

from funchost.storage.server.refusal import refusal

MAX_ELEMENTS = 200_000
"""A block list of 50,000 blocks is the longest document that a client has reason to send."""

MAX_DEPTH = 16

_ESCAPED = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}


class Element(NamedTuple):
    """One element; attributes and text between children are not kept."""

    name: str
    text: str
    children: list[Element]

    def child(self, name: str) -> Element | None:
        return next((child for child in self.children if child.name == name), None)

    def value(self, name: str) -> str | None:
        """Return the text of a child, None if there is none by that name."""
        child = self.child(name)
        return None if child is None else child.text


class _Reader:
    """Builds elements from the events of expat; a document type or too much of anything ends it."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[tuple[str, list[str], list[Element]]] = []
        self._count = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise refusal("InvalidXmlDocument")
        self._open.append((name, [], []))

    def text(self, piece: str) -> None:
        self._open[-1][1].append(piece)

    def end(self, _name: str) -> None:
        name, text, children = self._open.pop()
        element = Element(name, "" if children else "".join(text), children)
        if self._open:
            self._open[-1][2].append(element)
        else:
            self.root = element

    def refuse(self, *_: object) -> None:
        raise refusal("InvalidXmlDocument")


def read_xml(data: bytes) -> Element:
    """Return the root element.

    Raises:
        StorageError: InvalidXmlDocument: it is no XML, has a document type or entities of its own, or is too deep.
    """
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise refusal("InvalidXmlDocument") from error
    if reader.root is None:
        raise refusal("InvalidXmlDocument")
    return reader.root


def escape(text: str) -> str:
    """Return `text` as the text of an element; characters that XML 1.0 cannot hold become U+FFFD."""
    return _ESCAPED.sub(_escape_one, text) if _ESCAPED.search(text) else text


def _escape_one(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0], "\ufffd")


def attribute(text: str) -> str:
    """Return `text` as an attribute's value, without its quotes."""
    return escape(text).replace('"', "&quot;").replace("\n", "&#xA;").replace("\t", "&#x9;")


def leaf(name: str, text: object) -> str:
    """Return one element with a text."""
    return f"<{name}>{escape(str(text))}</{name}>"


def document(content: str) -> bytes:
    """Return a whole document with its declaration, as the services write it."""
    return f'<?xml version="1.0" encoding="utf-8"?>{content}'.encode()
