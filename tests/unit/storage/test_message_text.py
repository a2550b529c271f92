from __future__ import annotations

import pytest

from funchost.errors import StorageError
from funchost.storage.message_text import check_text
from funchost.storage.queues import MAX_MESSAGE


@pytest.mark.parametrize("text", ["", "\r\n\t", "ä😀", "]]>", "\u2028", "x" * MAX_MESSAGE, "ä" * (MAX_MESSAGE // 2)])
def test_text_that_fits_and_that_xml_can_carry_is_a_message(text: str) -> None:
    check_text(text)


@pytest.mark.parametrize("text", ["a\0", "a\x1b", "a\ud800", "a\uffff"])
def test_characters_that_xml_does_not_have_are_named(text: str) -> None:
    with pytest.raises(StorageError, match=r"at position 1") as caught:
        check_text(text)
    assert (caught.value.code, caught.value.status) == ("InvalidXmlNodeValue", 400)


@pytest.mark.parametrize("text", ["x" * (MAX_MESSAGE + 1), "ä" * (MAX_MESSAGE // 2 + 1)])
def test_a_message_is_measured_in_bytes(text: str) -> None:
    with pytest.raises(StorageError) as caught:
        check_text(text)
    assert (caught.value.code, caught.value.status) == ("RequestBodyTooLarge", 413)
