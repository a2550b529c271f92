from __future__ import annotations

from xml.etree.ElementTree import ParseError

import pytest

from funchost.storage.remote.xml_text import parse_xml, xml_text

BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "aaaa"><!ENTITY y "&x;&x;">]><a>&y;</a>'


@pytest.mark.parametrize("text", [BOMB, BOMB.decode().encode("utf-16"), b"<a>", b""])
def test_what_declares_entities_or_is_no_xml_is_refused(text: bytes) -> None:
    with pytest.raises(ParseError):
        parse_xml(text)


@pytest.mark.parametrize("text", ["", "a & b < c > d", "\r\n\t", "]]>", "'\"", "ä😀", "<![CDATA[x]]>", "&amp;"])
def test_text_survives_the_way_through_xml(text: str) -> None:
    assert (parse_xml(f"<a>{xml_text(text)}</a>".encode()).text or "") == text
