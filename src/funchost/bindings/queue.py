"""Queue outputs: what a function gave, as messages."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from funchost.app.binding_expression import Template
from funchost.app.invocation import Datum
from funchost.app.queue_name import check_queue_name
from funchost.app.queue_options import MessageEncoding
from funchost.bindings.failure import about
from funchost.bindings.kind import BindingCall, Declared, Input
from funchost.bindings.queue_messages import message_text, messages_of
from funchost.storage.connections import Connection
from funchost.storage.queueing import put_text

AT_ONCE = 64
"""Messages of one output that are put before any is awaited; the embedded store keeps their order."""


@dataclass(frozen=True)
class QueueOutput:
    """Appends messages to a queue, which is made if it is not there."""

    queue: Template
    connection: Connection
    encoding: MessageEncoding

    @property
    def templates(self) -> tuple[Template, ...]:
        return (self.queue,)

    async def write(self, call: BindingCall, value: Datum) -> None:
        """Raises: BindingFailure."""
        queue = call.render(self.queue).lower()
        with about(f"queue '{queue}'"):
            check_queue_name(queue)
            # All texts first: a message that cannot be put stops the output before one has been put.
            texts = [message_text(message, self.encoding) for message in messages_of(value)]
            if not texts:
                return
            account = await call.account(self.connection)
            await put_text(account.queues, queue, texts[0])
            width = AT_ONCE if account.embedded else 1
            for start in range(1, len(texts), width):
                await asyncio.gather(*(account.queues.put(queue, text) for text in texts[start : start + width]))


class QueueKind:
    """Plans bindings of type `queue`, which are outputs only."""

    def plan_input(self, declared: Declared) -> Input:
        """Raises: DeclarationProblem."""
        raise declared.problem(
            "a queue can be written to only; use a queueTrigger to be called with its messages.", "direction"
        )

    def plan_output(self, declared: Declared) -> QueueOutput:
        """Raises: DeclarationProblem."""
        queue = declared.required("queuename")
        constant = queue.constant
        if constant is not None:
            try:
                check_queue_name(constant.lower())
            except ValueError as error:
                raise declared.problem(f"{error}.", "queuename") from error
        return QueueOutput(queue, declared.connection(), declared.host.queues.message_encoding)
