"""QueueConsumer: receives the messages of one queue and settles each when it has been handled.

The walk of a message: received and hidden, handled (hidden for longer as long as that takes), then deleted, shown
again, or moved to the poison queue. A store that is away delays each step and loses none: what was handled is deleted
when the store is back, unless the message has come to somebody else meanwhile.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from funchost.app.queue_options import QueueOptions
from funchost.errors import StorageError
from funchost.logs import HostLog, LogLevel
from funchost.storage.queues import QueueMessage, QueueStore
from funchost.triggers.availability import Availability
from funchost.triggers.gate import Gate
from funchost.triggers.queue.decision import Action, Outcome, action_for, is_worn_out
from funchost.triggers.queue.deletions import Deletions
from funchost.triggers.queue.held import GONE, Held, HeldMessages
from funchost.triggers.queue.polling import AWAY_LONGEST, longest_pause, poll_delay

CATEGORY = "Host.Queues"
_NO_QUEUE = frozenset({"QueueNotFound", "QueueBeingDeleted"})
_UNSETTLED = 4
"""Messages that are handled but not yet settled may be this many times as many as may run."""


class UnreadableMessageError(Exception):
    """Raised by a handler: the message can never be handled and goes to the poison queue. The text is a log line."""


class MessageNotTakenError(Exception):
    """Raised by a handler: the message was not handled through no fault of its own and is given back."""


def _spread() -> float:
    return random.uniform(0.8, 1.2)  # noqa: S311 - spreads polls, protects nothing


class QueueConsumer:
    """Listens to one queue. Implements triggers.listener.Listener.

    A queue that does not exist counts as empty and is not created.

    Args:
        store: the queue's account.
        queue: its name.
        options: batch size and so on; the encoding is the handler's matter.
        handle: does what is to be done for a message and returns whether that worked; may raise
            UnreadableMessageError and MessageNotTakenError. Called for several messages at once.
        poison: queue for messages that cannot be handled, created when it is needed; None = there is none, they stay
            in the queue and come again when the time they are hidden for is over.
        log: the console.
        name: of the listener.
        availability: told when the store is away and when it is back.
        gate: no messages are received while it is closed.
        local: the store is on this machine, so looking at it costs little.
        spread: returns a random factor around 1 for the pauses.
    """

    def __init__(
        self,
        store: QueueStore,
        queue: str,
        options: QueueOptions,
        handle: Callable[[QueueMessage], Awaitable[bool]],
        *,
        poison: str | None,
        log: HostLog,
        name: str,
        availability: Availability,
        gate: Gate,
        local: bool,
        spread: Callable[[], float] = _spread,
    ) -> None:
        self.name = name
        self._store = store
        self._queue = queue
        self._options = options
        self._handle = handle
        self._poison = poison
        self._log = log
        self._availability = availability
        self._gate = gate
        self._longest_pause = longest_pause(options.max_polling_interval, local=local)
        self._spread = spread
        self._most_held = _UNSETTLED * (options.batch_size + options.new_batch_threshold)
        self._held = HeldMessages(store, queue, options.lease, self._on_renewal, self._on_lost)
        self._deletions = Deletions(self._delete)
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = 0
        self._failing: set[str] = set()
        """Who has told the availability of a failure, and not yet of a success: the receiver, or a message."""
        self._draining = False
        self._fault: BaseException | None = None
        self._message_put = asyncio.Event()
        self._changed = asyncio.Event()

    @property
    def running(self) -> int:
        """How many messages are being handled."""
        return self._running

    def drain(self) -> None:
        self._draining = True
        self._message_put.set()
        self._changed.set()

    async def run(self) -> None:
        sweep = asyncio.create_task(self._held.keep_hidden(), name=f"{self.name}: keep messages hidden")
        unwatch = (
            self._store.watch(self._queue, self._message_put.set),
            self._gate.watch(self._changed.set),
        )
        try:
            await self._receive_until_drained()
            await self._deletions.hand_over()
            while self._tasks:
                await asyncio.wait(tuple(self._tasks))
                await self._deletions.hand_over()
            self._raise_fault()
        finally:
            sweep.cancel()
            self._deletions.close()
            for end in unwatch:
                end()
            for task in self._tasks:
                task.cancel()
            self._held.clear()
            for user in self._failing:
                self._availability.forget(user)
            self._failing.clear()

    async def _receive_until_drained(self) -> None:
        empty = 0
        while not self._draining:
            if not self._has_room():
                self._changed.clear()
                await self._changed.wait()
                self._raise_fault()
                continue
            self._message_put.clear()
            await self._deletions.hand_over()
            messages = await self._receive()
            if self._draining:
                await self._give_back(messages)
            elif messages:
                empty = 0
                self._begin(messages)
            else:
                empty += 1
                longest = AWAY_LONGEST if self.name in self._failing else self._longest_pause
                await self._pause(poll_delay(empty, longest, self._spread))

    def _has_room(self) -> bool:
        return (
            self._gate.is_open
            and self._running <= self._options.new_batch_threshold
            and len(self._held) < self._most_held
        )

    async def _receive(self) -> list[QueueMessage]:
        """Return a batch; empty if there is none, no queue, or no store."""
        try:
            messages = await self._store.get(self._queue, self._options.batch_size, self._options.lease)
        except StorageError as error:
            if error.code not in _NO_QUEUE:
                self._on_failure(self.name, error)
                return []
            messages = []
        self._on_success(self.name)
        return messages

    async def _pause(self, seconds: float) -> None:
        """Wait until messages were put, the listener is drained, or the time is over."""
        try:
            async with asyncio.timeout(seconds):
                await self._message_put.wait()
        except TimeoutError:
            return

    def _begin(self, messages: list[QueueMessage]) -> None:
        now = asyncio.get_running_loop().time()
        self._running += len(messages)
        for message in messages:
            self._start(self._process(self._held.take(message, now)))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._on_processed)

    async def _process(self, held: Held) -> None:
        try:
            action = await self._action(held.message)
        finally:
            self._running -= 1
            self._changed.set()
        if action is Action.DELETE and held.renewal is None and not held.lost:
            self._deletions.add(held, is_last=not self._running)
        else:
            await self._finish(held, action)

    async def _finish(self, held: Held, action: Action) -> None:
        try:
            await self._settle(held, action)
        finally:
            self._let_go(held)

    def _let_go(self, held: Held) -> None:
        self._held.drop(held)
        if self._failing:
            self._on_success(self._user(held.message))

    async def _action(self, message: QueueMessage) -> Action:
        """Handle the message, unless that was tried too often, and return what becomes of it."""
        count, limit, has_poison = message.dequeue_count, self._options.max_dequeue_count, self._poison is not None
        if is_worn_out(count, limit, has_poison=has_poison):
            self._say_poisoned()
            return Action.POISON
        outcome = await self._outcome(message)
        action = action_for(outcome, count, limit, has_poison=has_poison)
        if action is Action.POISON and outcome is Outcome.FAILED:
            self._say_poisoned()
        return action

    async def _outcome(self, message: QueueMessage) -> Outcome:
        try:
            return Outcome.DONE if await self._handle(message) else Outcome.FAILED
        except UnreadableMessageError as error:
            self._log.write(LogLevel.WARNING, CATEGORY, str(error))
            return Outcome.UNREADABLE
        except MessageNotTakenError:
            return Outcome.NOT_TAKEN
        except Exception as error:
            # A fault of the host; the message must not stay for that, nor be lost.
            self._log.write(
                LogLevel.ERROR, CATEGORY, f"A message of queue '{self._queue}' failed in the host: {error!r}"
            )
            return Outcome.FAILED

    def _delete(self, handled: list[Held]) -> None:
        self._start(self._delete_all(handled))

    async def _delete_all(self, handled: list[Held]) -> None:
        """Delete messages in one step; each for which that fails goes its own way from there."""
        messages = [(held.message.id, held.receipt) for held in handled]
        failures: Sequence[StorageError | None]
        try:
            failures = await self._store.delete_messages(self._queue, messages)
        except StorageError as error:
            failures = [error] * len(handled)
        for held, failure in zip(handled, failures, strict=True):
            held.settling = False
            if failure is None or failure.code in GONE:
                self._let_go(held)
            else:
                self._start(self._finish(held, Action.DELETE))
        self._changed.set()

    async def _settle(self, held: Held, action: Action) -> None:
        store, queue, message_id = self._store, self._queue, held.message.id
        if action is Action.DELETE:
            await self._until_done(held, lambda: store.delete_message(queue, message_id, held.receipt))
        elif action is Action.SHOW or action is Action.GIVE_BACK:
            delay = self._options.visibility_timeout if action is Action.SHOW else 0.0
            await self._until_done(held, lambda: store.update(queue, message_id, held.receipt, delay))
        elif action is Action.POISON and self._poison is not None:
            poison, text = self._poison, held.message.text
            await self._until_done(held, lambda: _put(store, poison, text))
            await self._until_done(held, lambda: store.delete_message(queue, message_id, held.receipt))

    async def _until_done(self, held: Held, operation: Callable[[], Awaitable[object]]) -> None:
        """Do it, again and again while the store is away; give up when the message is not ours any more."""
        attempts = 0
        while True:
            if held.renewal is not None:
                await asyncio.wait((held.renewal,))
            if held.lost:
                return
            held.settling = True
            try:
                await operation()
            except StorageError as error:
                if error.code in GONE:
                    held.lost = True
                    return
                self._on_failure(self._user(held.message), error)
            else:
                return
            finally:
                held.settling = False
            attempts += 1
            await asyncio.sleep(poll_delay(attempts, AWAY_LONGEST, self._spread))

    async def _give_back(self, messages: list[QueueMessage]) -> None:
        """Show messages again that came too late to be begun."""
        for message in messages:
            try:
                await self._store.update(self._queue, message.id, message.pop_receipt, 0.0)
            except StorageError:
                continue  # it shows itself when its time is over

    def _say_poisoned(self) -> None:
        self._log.write(
            LogLevel.WARNING,
            CATEGORY,
            f"Message has reached MaxDequeueCount of {self._options.max_dequeue_count}. "
            f"Moving message to queue '{self._poison}'.",
        )

    def _on_processed(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._fault = self._fault or task.exception()
        self._changed.set()

    def _raise_fault(self) -> None:
        """Raises: what a message's task ended with, a fault of the host."""
        if self._fault is not None:
            fault, self._fault = self._fault, None
            raise fault

    def _user(self, message: QueueMessage) -> str:
        return f"{self.name}, message {message.id}"

    def _on_failure(self, user: str, error: StorageError) -> None:
        self._failing.add(user)
        self._availability.failed(self._store.url, user, error)

    def _on_success(self, user: str) -> None:
        if user in self._failing:
            self._failing.discard(user)
            self._availability.succeeded(self._store.url, user)

    def _on_renewal(self, message: QueueMessage, error: StorageError | None) -> None:
        if error is None:
            self._on_success(self._user(message))
        else:
            self._on_failure(self._user(message), error)

    def _on_lost(self, message: QueueMessage) -> None:
        self._log.write(
            LogLevel.WARNING,
            CATEGORY,
            f"Message {message.id} of queue '{self._queue}' is no longer held by this host; it may run a second time.",
        )


async def _put(store: QueueStore, queue: str, text: str) -> None:
    """Append a message, and create the queue if need be."""
    try:
        await store.put(queue, text)
    except StorageError as error:
        if error.code != "QueueNotFound":
            raise
        await store.create(queue)
        await store.put(queue, text)
