"""Queue listeners: one consumer for each queue function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from funchost.app.function_app import Function
from funchost.app.invocation import Invocation, Status
from funchost.storage.queues import QueueMessage
from funchost.triggers.context import TriggerContext
from funchost.triggers.listener import Listener
from funchost.triggers.queue.config import QueueTrigger, read_queue_trigger
from funchost.triggers.queue.consumer import MessageNotTakenError, QueueConsumer, UnreadableMessageError
from funchost.triggers.queue.decision import poison_queue
from funchost.triggers.queue.event import decode, manual_invocation, queue_invocation


def listeners(context: TriggerContext, functions: Sequence[Function]) -> Sequence[Listener]:
    """Return a consumer for each function; all functions and hosts that name the same queue compete for it."""
    return [_consumer(context, function) for function in functions]


async def manual(context: TriggerContext, function: Function, text: str) -> Invocation:
    return manual_invocation(function, read_queue_trigger(function), text, datetime.now(UTC))


def _consumer(context: TriggerContext, function: Function) -> QueueConsumer:
    trigger = read_queue_trigger(function)
    account = context.accounts[function.name]
    return QueueConsumer(
        account.queues,
        trigger.queue,
        context.app.host.queues,
        _handler(context, function, trigger),
        poison=poison_queue(trigger.queue),
        log=context.log,
        name=function.name,
        availability=context.availability,
        gate=context.gate,
        local=account.emulator,
    )


def _handler(
    context: TriggerContext, function: Function, trigger: QueueTrigger
) -> Callable[[QueueMessage], Awaitable[bool]]:
    invoke = context.invoker.invoke
    encoding = context.app.host.queues.message_encoding

    async def handle(message: QueueMessage) -> bool:
        try:
            body = decode(message.text, encoding)
        except ValueError:
            raise UnreadableMessageError(_unreadable(function, trigger, message)) from None
        result = await invoke(queue_invocation(function, trigger, message, body))
        if result.status is Status.CANCELLED:
            # The host is stopping; nothing in the app has failed.
            raise MessageNotTakenError
        return result.status is Status.SUCCEEDED

    return handle


def _unreadable(function: Function, trigger: QueueTrigger, message: QueueMessage) -> str:
    poison = poison_queue(trigger.queue)
    fate = f"it goes to queue '{poison}'" if poison else "it stays where it is"
    return (
        f"Message decoding has failed! Check MessageEncoding settings. MessageId={message.id}. Its text in queue "
        f"'{trigger.queue}' is not Base64: function '{function.name}' does not run, {fate}. If the senders do not "
        'encode, set extensions.queues.messageEncoding to "none" in host.json.'
    )
