"""WorkerProcess: one operating system process with its pipes, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress

from funchost.errors import WorkerStartError
from funchost.workers.events import StreamName
from funchost.workers.exit_watch import Watch, describe_exit, watch_exit
from funchost.workers.launch import WorkerLaunch
from funchost.workers.output import OutputPipe

_STDERR_LINES = 20
_STDERR_LINE = 2000


class WorkerProcess:
    """A started worker process in a session of its own.

    It counts as dead when the process has ended, never when its socket or pipes close: a forked child keeps
    those open. `ended` is called on the loop then, and must call `finish()`.

    Args:
        launch: what to start.
        output: receives lines of standard output and error.
        ended: called once.
        watch: notices its end; see watch_exit.

    Raises:
        WorkerStartError: the interpreter cannot be executed, or the machine lacks descriptors, threads or memory.
    """

    def __init__(
        self,
        launch: WorkerLaunch,
        output: Callable[[StreamName, str], None],
        ended: Callable[[], None],
        watch: Watch = watch_exit,
    ) -> None:
        loop = asyncio.get_running_loop()
        try:
            process = self._spawn(launch)
        except (OSError, ValueError) as error:  # ValueError: a null byte in the environment
            raise _not_started(launch, error) from error
        self.pid = process.pid
        self.alive = True
        self._process = process
        self._stderr: deque[str] = deque(maxlen=_STDERR_LINES)
        self._output = output
        self._pipes: list[OutputPipe] = []
        self._stop_watching: Callable[[], None] = _nothing
        try:
            for pipe, deliver in ((process.stdout, self._stdout_line), (process.stderr, self._stderr_line)):
                if pipe is not None:
                    self._pipes.append(OutputPipe(loop, pipe, deliver))
            self._stop_watching = watch(loop, process, ended)
        except OSError as error:
            self.finish()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
            raise _not_started(launch, error) from error

    def _spawn(self, launch: WorkerLaunch) -> subprocess.Popen[bytes]:
        with ExitStack() as theirs, ExitStack() as ours:
            self.wire, far_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
            ours.callback(self.wire.close)
            theirs.callback(far_end.close)
            self.wire.setblocking(False)
            lifeline, self._lifeline = os.pipe()
            ours.callback(os.close, self._lifeline)
            theirs.callback(os.close, lifeline)
            process = subprocess.Popen(  # noqa: S603 - the interpreter is the app's own
                launch.command(far_end.fileno(), lifeline),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                cwd=launch.app_root,
                env=launch.process_environment(),
                pass_fds=(far_end.fileno(), lifeline),
                start_new_session=True,
            )
            ours.pop_all()
            return process

    def _stdout_line(self, line: str) -> None:
        self._output("stdout", line)

    def _stderr_line(self, line: str) -> None:
        self._stderr.append(line[:_STDERR_LINE])
        self._output("stderr", line)

    @property
    def last_stderr(self) -> tuple[str, ...]:
        return tuple(self._stderr)

    def kill(self) -> None:
        """Kill the process and everything in its group, at once. The end is noticed like any other."""
        if self.alive:
            self._kill_group()

    def finish(self) -> str:
        """Clean up after the end and return its reason, e.g. ``exited with code 3``.

        The group is killed last but before the process is reaped: until then nobody else can get its number.
        """
        self.alive = False
        self._stop_watching()
        for pipe in self._pipes:
            pipe.finish()
        self._kill_group()
        self.wire.close()
        os.close(self._lifeline)
        return describe_exit(self._process.wait())

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group of zombies
            os.killpg(self.pid, signal.SIGKILL)


def _not_started(launch: WorkerLaunch, error: Exception) -> WorkerStartError:
    return WorkerStartError(f"The Python worker cannot be started with {launch.interpreter.path}: {error}")


def _nothing() -> None:
    """It is not watched yet."""
