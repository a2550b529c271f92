from __future__ import annotations

from xml.etree.ElementTree import ParseError

import pytest

from funchost.errors import StorageError
from funchost.storage.remote.xml_text import parse_xml, xml_text

BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "aaaa"><!ENTITY y "&x;&x;">]><a>&y;</a>'


@pytest.mark.parametrize("text", [BOMB, BOMB.decode().encode("utf-16"), b"<a>", b""])
def test_what_declares_entities_or_is_no_xml_is_refused(text: bytes) -> None:
    with pytest.raises(ParseError):
        parse_xml(text)


@pytest.mark.parametrize("text", ["", "a & b < c > d", "\r\n\t", "]]>", "'\"", "ä😀", "<![CDATA[x]]>", "&amp;"])
def test_text_survives_the_way_through_xml(text: str) -> None:
    assert (parse_xml(f"<a>{xml_text(text)}</a>".encode()).text or "") == text


@pytest.mark.parametrize("text", ["a\0", "a\x1b", "a\ud800", "a\uffff"])
def test_characters_that_xml_does_not_have_are_named(text: str) -> None:
    with pytest.raises(StorageError, match=r"at position 1") as caught:
        xml_text(text)
    assert (caught.value.code, caught.value.status) == ("InvalidXmlNodeValue", 400)
