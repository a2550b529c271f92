"""The queue trigger's binding. Pure."""

from __future__ import annotations

from typing import NamedTuple

from funchost.app import values
from funchost.app.function_app import Function
from funchost.app.host_json import HostConfig
from funchost.app.problem import DeclarationProblem
from funchost.app.queue_name import check_queue_name
from funchost.settings import Settings


class QueueTrigger(NamedTuple):
    """What a queue function listens to.

    Args:
        queue: the queue's name, lower-cased.
        parameter: name of the function's parameter.
        binary: the function wants bytes; None = it did not say, then it gets text where the body is text.
    """

    queue: str
    parameter: str
    binary: bool | None


def read_queue_trigger(function: Function) -> QueueTrigger:
    """Return the trigger of a queue function.

    Raises:
        DeclarationProblem: there is no queue of that name anywhere.
    """
    binding = function.trigger
    given = binding.properties.get("queuename")
    keys = ("bindings", function.bindings.index(binding), binding.spelling("queueName"))
    try:
        queue = values.text(given).strip().lower() if given is not None else ""
        if not queue:
            raise ValueError("The name of the queue is missing.")  # noqa: TRY301 - one place knows where it stands
        check_queue_name(queue)
    except ValueError as error:
        raise DeclarationProblem(f"'queueName' of the queue trigger '{binding.name}': {error}", keys) from None
    binary = None if binding.data_type is None else binding.data_type != "string"
    return QueueTrigger(queue, binding.name, binary)


def check(function: Function, host: HostConfig, settings: Settings) -> None:
    """Raises: DeclarationProblem."""
    read_queue_trigger(function)
