"""XML of the blob and queue services, read safely and written small."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError, fromstring


def parse_xml(text: bytes) -> Element:
    """Return the root of a service's XML.

    Raises:
        ParseError: it is not XML, or declares types or entities, which no storage service does and whose expansion
            may have no end.
    """
    return fromstring(without_types(text))  # noqa: S314 - entities cannot be declared


def without_types(text: bytes) -> bytes:
    """Return the text itself.

    Raises:
        ParseError: it declares types or entities, or may do so in another encoding.
    """
    if b"<!DOCTYPE" in text or b"\0" in text:  # NUL bytes: an encoding that would hide the word
        raise ParseError("a document type is not accepted")
    return text


def xml_text(text: str) -> str:
    """Return text as it stands between XML tags; see message_text for what XML can carry at all."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\r", "&#13;")  # a reader of XML makes a line feed of it otherwise
