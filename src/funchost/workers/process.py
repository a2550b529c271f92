"""WorkerProcess: one operating system process with its pipes, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections import deque
from collections.abc import Callable

from funchost.errors import WorkerStartError
from funchost.workers.events import StreamName
from funchost.workers.exit_watch import describe_exit, watch_exit
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

    Raises:
        WorkerStartError: the interpreter cannot be executed.
    """

    def __init__(
        self, launch: WorkerLaunch, output: Callable[[StreamName, str], None], ended: Callable[[], None]
    ) -> None:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        lifeline_read, lifeline_write = os.pipe()
        try:
            process = self._spawn(launch, theirs.fileno(), lifeline_read)
        except OSError as error:
            ours.close()
            os.close(lifeline_write)
            python = launch.interpreter.path
            raise WorkerStartError(f"The Python worker cannot be started with {python}: {error}") from error
        finally:
            theirs.close()
            os.close(lifeline_read)
        ours.setblocking(False)
        self.wire = ours
        self.pid = process.pid
        self.alive = True
        self._process = process
        self._lifeline = lifeline_write
        self._stderr: deque[str] = deque(maxlen=_STDERR_LINES)
        self._output = output
        self._pipes = self._open_pipes(loop, process)
        self._stop_watching = watch_exit(loop, process, ended)

    @staticmethod
    def _spawn(launch: WorkerLaunch, wire_fd: int, lifeline_fd: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - the interpreter is the app's own
            launch.command(wire_fd, lifeline_fd),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=launch.app_root,
            env=launch.process_environment(),
            pass_fds=(wire_fd, lifeline_fd),
            start_new_session=True,
        )

    def _open_pipes(self, loop: asyncio.AbstractEventLoop, process: subprocess.Popen[bytes]) -> list[OutputPipe]:
        assert process.stdout is not None  # noqa: S101 - both are pipes
        assert process.stderr is not None  # noqa: S101
        # The pipes own the descriptors from here on.
        stdout, stderr = os.dup(process.stdout.fileno()), os.dup(process.stderr.fileno())
        process.stdout.close()
        process.stderr.close()
        return [OutputPipe(loop, stdout, self._stdout_line), OutputPipe(loop, stderr, self._stderr_line)]

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
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group of zombies
            os.killpg(self.pid, signal.SIGKILL)
