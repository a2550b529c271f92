from __future__ import annotations

import pytest

from funchost.app.problem import DeclarationProblem
from funchost.triggers.queue.config import read_queue_trigger
from tests.unit.triggers.functions import triggered


def test_the_name_is_lower_cased_and_the_kind_of_data_read() -> None:
    trigger = read_queue_trigger(triggered("F", "queueTrigger", queueName="Orders-1"))
    assert (trigger.queue, trigger.parameter, trigger.binary) == ("orders-1", "item", None)
    assert read_queue_trigger(triggered("F", "queueTrigger", data_type="binary", queueName="q12")).binary is True
    assert read_queue_trigger(triggered("F", "queueTrigger", data_type="string", queueName="q12")).binary is False


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ab", 'A queue name must be from 3 to 63 characters long - "ab"'),
        ("q" * 64, "A queue name must be from 3 to 63 characters long"),
        ("-abc", 'The dash (-) character may not be the first or last letter - "-abc"'),
        ("abc-", 'The dash (-) character may not be the first or last letter - "abc-"'),
        ("a_bc", 'A queue name can contain only letters, numbers, and dash(-) characters - "a_bc"'),
        ("a--bc", "A queue name cannot contain consecutive dash(-) characters"),
        ("", "The name of the queue is missing."),
        (None, "The name of the queue is missing."),
    ],
)
def test_a_name_that_no_queue_can_have_is_refused_and_located(name: str | None, message: str) -> None:
    properties = {} if name is None else {"QueueName": name}
    with pytest.raises(DeclarationProblem) as raised:
        read_queue_trigger(triggered("F", "queueTrigger", **properties))
    assert message in raised.value.message
    assert raised.value.keys == ("bindings", 0, "QueueName" if properties else "queueName")
