"""Ids and pop receipts of messages."""

from __future__ import annotations

import uuid

import pytest

from funchost.storage.embedded.queue_identity import message_id, random_word, receipt_number, receipt_text, row_of


@pytest.mark.parametrize("sequence", [1, 2, 70_000, 2**62])
def test_id_is_a_guid_that_leads_to_its_row(sequence: int) -> None:
    for nonce in (random_word(), 1, -1, -(2**63), 2**63 - 1):
        text = message_id(nonce, sequence)
        assert str(uuid.UUID(text)) == text
        assert row_of(text) == (nonce, sequence)


@pytest.mark.parametrize(
    "text", ["", "x", "00000000-0000-0000-0000-00000000000g", "0" * 32, "0" * 36, "-" * 36, "+" + "1" * 35]
)
def test_what_is_no_id_leads_nowhere(text: str) -> None:
    nonce, sequence = row_of(text)
    assert (nonce, sequence) == (0, 0)


def test_ids_of_neighbours_do_not_look_alike() -> None:
    first, second = message_id(5, 1), message_id(5, 2)
    assert first[19:] != second[19:]


def test_receipt_leads_back_to_its_number() -> None:
    for number in (1, -1, random_word()):
        assert receipt_number(receipt_text(number)) == number


@pytest.mark.parametrize("text", ["", "not base64!", "ä", "AAAA"])
def test_what_is_no_receipt_is_the_number_that_no_message_has(text: str) -> None:
    assert receipt_number(text) == 0
