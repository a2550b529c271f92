"""Interruption: lets Ctrl-C, SIGTERM and SIGHUP end a command only when it has tidied up."""

from __future__ import annotations

import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

if TYPE_CHECKING:
    import asyncio

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class EndedBySignalError(KeyboardInterrupt):
    """A signal has ended a command, which has tidied up.

    Args:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Interruption:
    """A context manager: inside, the first signal unwinds what runs.

    Only a second Ctrl-C cuts the tidying short. SIGTERM and SIGHUP come in pairs without meaning more: a shell hands
    on the SIGHUP that its terminal has sent already. Signals that are ignored outside, as by nohup, stay ignored.
    """

    def __init__(self) -> None:
        self._number: int | None = None
        self._task: asyncio.Task[None] | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._obey)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._number is not None and isinstance(error, (KeyboardInterrupt, click.Abort)):
            raise EndedBySignalError(self._number) from None

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine to its end; a signal cancels it where it waits.

        Raises:
            KeyboardInterrupt: a signal came.
        """
        import asyncio  # func pack does not need it

        async def noticed() -> None:
            self._task = asyncio.current_task()
            try:
                await work
            finally:
                self._task = None

        try:
            asyncio.run(noticed())
        except asyncio.CancelledError:
            if self._number is None:
                raise
            raise KeyboardInterrupt from None

    @contextmanager
    def blocking(self) -> Iterator[None]:
        """Let a signal end what keeps the event loop from running, by an exception right where it is."""
        if self._number is not None:
            raise KeyboardInterrupt
        task, self._task = self._task, None
        try:
            yield
        finally:
            self._task = task

    def _obey(self, number: int, frame: FrameType | None) -> None:
        again = self._number is not None
        if again and number != signal.SIGINT:
            return
        self._number = self._number or number
        if again or self._task is None:
            raise KeyboardInterrupt
        self._task.get_loop().call_soon_threadsafe(self._task.cancel)
