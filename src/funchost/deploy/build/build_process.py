"""BuildProcess: the server's side of one build process: starts it, reads what it reports, ends it."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import NamedTuple

from funchost.deploy.build.build_user import BuildUser
from funchost.deploy.build.order import BuildOrder
from funchost.deploy.build.process_family import kill_family
from funchost.deploy.build.report_pipe import ReportPipe
from funchost.errors import BuildError
from funchost.workers.exit_watch import describe_exit, watch_exit
from funchost.workers.output import OutputPipe

_STDERR_LINES = 20
_STDERR_LINE = 2_000
_KILL_SECONDS = 5.0
"""A process that waits for a disk ends late."""


class Launch(NamedTuple):
    """How a build process is started.

    Args:
        command: without the descriptor that is its last argument.
        environment: all of it; may hold credentials.
        user: the account it runs as, None = the server's.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    user: BuildUser | None

    def __repr__(self) -> str:
        return f"Launch(command={self.command}, user={self.user})"


class BuildProcess:
    """A build process in a session of its own; as long as this object holds its standard input, it may run.

    Args:
        launch: how to start it.
        order: what it shall do.
        on_report: called in the event loop with each line of its reports.

    Raises:
        BuildError: it cannot be started.
    """

    def __init__(self, launch: Launch, order: BuildOrder, on_report: Callable[[bytes], None]) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._process, reports = _spawn(launch, order)
        except (OSError, ValueError) as error:  # ValueError: a null byte in the environment
            raise BuildError(f"The build process cannot be started: {error}.") from error
        self._ended = loop.create_future()
        self._stderr: deque[str] = deque(maxlen=_STDERR_LINES)
        self._reports = ReportPipe(loop, reports, on_report)
        assert self._process.stderr is not None  # noqa: S101 - a pipe was asked for
        self._output = OutputPipe(loop, self._process.stderr, lambda line: self._stderr.append(line[:_STDERR_LINE]))
        self._stop_watching = watch_exit(loop, self._process, self._note_end)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def run(self, order: BuildOrder, timeout: float) -> str:
        """Give it its order and wait until it has ended; returns how, e.g. ``exited with code 1: ...``.

        Everything that it has started is ended too, also when this is cancelled.

        Raises:
            TimeoutError: it was not done in time.
        """
        # In a thread: an order with long commands does not fit into the pipe before it is read.
        giving = asyncio.ensure_future(asyncio.to_thread(self._give, order.encode()))
        try:
            async with asyncio.timeout(timeout):
                await asyncio.wait([self._ended])  # which leaves the future alone when the time is over
        finally:
            # Before the process is reaped: until then nobody else can get its number.
            kill_family(self.pid)
            try:
                await asyncio.wait([self._ended, giving], timeout=_KILL_SECONDS)
            finally:
                how = self._finish()
        return how

    def _give(self, order: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        with suppress(BrokenPipeError):  # it ended at once; how says why
            self._process.stdin.write(order)

    def _note_end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    def _finish(self) -> str:
        self._stop_watching()
        code = self._process.poll()
        self._reports.finish()
        self._output.finish()
        with suppress(BrokenPipeError):
            self._process.stdin.close()  # type: ignore[union-attr]
        how = "cannot be killed" if code is None else describe_exit(code)
        return ": ".join([how, *(["\n".join(self._stderr)] if self._stderr else [])])


def _spawn(launch: Launch, order: BuildOrder) -> tuple[subprocess.Popen[bytes], int]:
    with ExitStack() as ours, ExitStack() as theirs:
        reports, far_end = os.pipe()
        ours.callback(os.close, reports)
        theirs.callback(os.close, far_end)
        user = launch.user
        process = subprocess.Popen(  # noqa: S603 - this package's own program
            [*launch.command, str(far_end)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=order.work,
            env=dict(launch.environment),
            pass_fds=(far_end,),
            start_new_session=True,
            umask=0o022,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )
        ours.pop_all()
        return process, reports
