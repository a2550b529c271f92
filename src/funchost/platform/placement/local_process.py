"""InstanceProcess: one host instance as a process of this machine, in a session of its own.

It counts as ended when the process has ended, whatever holds its pipes open. It ends by itself when the server does:
its standard input is a lifeline.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from typing import IO, NamedTuple

from funchost.host.instance_order import MAX_LINE, Command, Message, decode_message
from funchost.host.pipe_end import PipeEnd
from funchost.platform.placement.local_output import OutputPipe
from funchost.workers.exit_watch import Watch, watch_exit

MODULE = "funchost.host.instance"


class Spawned(NamedTuple):
    """A process that was started, and our ends of its pipes."""

    process: subprocess.Popen[bytes]
    messages: IO[bytes]

    def discard(self) -> None:
        """End it; it is nobody's any more. Blocks for the moment in which a killed process ends."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.messages):
            if pipe is not None:
                pipe.close()


def spawn(environment: Mapping[str, str]) -> Spawned:
    """Start a process that waits for its order; blocking.

    Args:
        environment: of the host process; its app's comes with the order.

    Raises:
        OSError: it cannot be started.
    """
    with ExitStack() as ours, ExitStack() as theirs:
        reading, writing = os.pipe()
        messages = os.fdopen(reading, "rb", 0)
        ours.callback(messages.close)
        theirs.callback(os.close, writing)
        process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-P", "-m", MODULE, "--messages", str(writing)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            cwd="/",
            env=dict(environment),
            pass_fds=(writing,),
            start_new_session=True,
        )
        ours.pop_all()
        return Spawned(process, messages)


class InstanceProcess:
    """A started process.

    Args:
        spawned: see `spawn`; belongs to this from now on, also after an error.
        on_message: called with each message.
        on_output: called with what it prints.
        on_end: called once with the exit status, negative: the signal that ended it.
        watch: notices its end; see watch_exit.

    Raises:
        OSError: it cannot be watched: descriptors or memory are used up. It has been killed.
    """

    def __init__(
        self,
        spawned: Spawned,
        on_message: Callable[[Message], None],
        on_output: Callable[[bytes], None],
        on_end: Callable[[int], None],
        watch: Watch = watch_exit,
    ) -> None:
        self.pid = spawned.process.pid
        self._process = spawned.process
        self._messages = spawned.messages
        self._unconnected = [pipe for pipe in (spawned.process.stdin, spawned.messages) if pipe is not None]
        self._on_message = on_message
        self._on_end = on_end
        self._transports: list[asyncio.BaseTransport] = []
        self._commands: asyncio.WriteTransport | None = None
        self._alive = True
        assert spawned.process.stdout is not None  # noqa: S101 - a pipe was asked for
        with ExitStack() as undo:
            undo.callback(spawned.discard)
            self._output = OutputPipe(spawned.process.stdout, on_output)
            undo.callback(self._output.finish)
            self._stop_watching = watch(asyncio.get_running_loop(), spawned.process, self._ended)
            undo.pop_all()

    async def connect(self, order: bytes) -> None:
        """Send the order and listen to what comes back.

        Raises:
            OSError: that cannot be done; the process lives and is to be killed.
        """
        if not self._alive:
            return
        loop = asyncio.get_running_loop()
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        commands, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, self._hand_over(self._process.stdin))
        self._transports.append(commands)
        if not self._alive:
            self._close()
            return
        self._commands = commands
        commands.write(order)
        messages, _ = await loop.connect_read_pipe(
            lambda: _Messages(self._on_message, self.kill), self._hand_over(self._messages)
        )
        self._transports.append(messages)
        if not self._alive:
            self._close()

    def _hand_over(self, pipe: IO[bytes]) -> PipeEnd:
        """Return the pipe for a transport, which closes it from now on."""
        end = PipeEnd(os.dup(pipe.fileno()))
        self._unconnected.remove(pipe)
        pipe.close()
        return end

    def send(self, command: Command) -> None:
        """Tell the instance; one that has ended, or is about to, does not hear it."""
        if self._alive and self._commands is not None and not self._commands.is_closing():
            self._commands.write(command.value.encode("ascii") + b"\n")

    def kill(self) -> None:
        """Kill the process; its workers notice and end too. The end is told like any other."""
        if self._alive:
            self._kill_group()

    def _ended(self) -> None:
        self._alive = False
        self._stop_watching()
        self._output.finish()
        # Until the process is reaped nobody else can get its number.
        self._kill_group()
        status = self._process.wait()
        self._close()
        self._on_end(status)

    def _close(self) -> None:
        for transport in self._transports:
            transport.close()
        for pipe in self._unconnected:
            pipe.close()

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group of zombies
            os.killpg(self.pid, signal.SIGKILL)


class _Messages(asyncio.Protocol):
    """Cuts what comes into messages.

    Args:
        deliver: gets each.
        refuse: called when what comes is none.
    """

    def __init__(self, deliver: Callable[[Message], None], refuse: Callable[[], None]) -> None:
        self._deliver = deliver
        self._refuse = refuse
        self._begun = bytearray()

    def data_received(self, data: bytes) -> None:
        self._begun += data
        if b"\n" not in data:
            if len(self._begun) > MAX_LINE:
                self._refuse()
            return
        *lines, rest = bytes(self._begun).split(b"\n")
        self._begun = bytearray(rest)
        for line in lines:
            try:
                message = decode_message(line)
            except ValueError:
                self._refuse()
                return
            self._deliver(message)


def describe_end(status: int) -> str:
    """Return why a process ended: ``exit status 1``, ``SIGKILL``."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
