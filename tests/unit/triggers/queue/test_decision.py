from __future__ import annotations

import pytest

from funchost.triggers.queue.decision import Action, Outcome, action_for, is_worn_out, poison_queue


@pytest.mark.parametrize(
    ("outcome", "count", "has_poison", "action"),
    [
        (Outcome.DONE, 1, True, Action.DELETE),
        (Outcome.DONE, 9, False, Action.DELETE),
        (Outcome.FAILED, 4, True, Action.SHOW),
        (Outcome.FAILED, 5, True, Action.POISON),
        (Outcome.FAILED, 6, True, Action.POISON),
        (Outcome.FAILED, 1, False, Action.LEAVE),
        (Outcome.FAILED, 9, False, Action.LEAVE),
        (Outcome.UNREADABLE, 1, True, Action.POISON),
        (Outcome.UNREADABLE, 1, False, Action.LEAVE),
        (Outcome.NOT_TAKEN, 5, True, Action.GIVE_BACK),
    ],
)
def test_what_becomes_of_a_message(outcome: Outcome, count: int, has_poison: bool, action: Action) -> None:
    assert action_for(outcome, count, 5, has_poison=has_poison) is action


def test_a_message_received_too_often_is_not_tried_again() -> None:
    assert not is_worn_out(5, 5, has_poison=True)
    assert is_worn_out(6, 5, has_poison=True)
    assert not is_worn_out(6, 5, has_poison=False)


def test_poison_queues_and_queues_with_long_names_have_no_poison_queue() -> None:
    assert poison_queue("orders") == "orders-poison"
    assert poison_queue("orders-poison") is None
    assert poison_queue("q" * 56) == "q" * 56 + "-poison"
    assert poison_queue("q" * 57) is None
