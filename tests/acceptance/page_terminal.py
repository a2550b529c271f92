"""A reader at a terminal who types what a page says."""

from __future__ import annotations

import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from fcntl import ioctl
from pathlib import Path
from select import select
from types import TracebackType
from typing import Self

from funchost.testing.process_tree import descendants, kill_with_group

COLUMNS = 200
TIMEOUT = 100.0
_AT_TERMINAL = "import os, sys; os.login_tty(int(sys.argv[1])); os.execv('/bin/sh', ['sh', '-c', sys.argv[2]])"
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class PageTerminal:
    """A command at a terminal of its own; a context manager that leaves no process behind.

    Args:
        command: for the shell.
        cwd: working directory.
        env: all variables.
    """

    def __init__(self, command: str, cwd: Path, env: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        self._seen = b""
        self._process = subprocess.Popen(
            [sys.executable, "-c", _AT_TERMINAL, str(slave), command], cwd=cwd, env=env, pass_fds=(slave,)
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.interrupt()

    @property
    def seen(self) -> str:
        """What the terminal shows, without colours, each line as it stands at the end."""
        text = _CONTROL.sub("", self._seen.decode(errors="replace"))
        return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))

    def wait_for(self, pattern: str) -> str:
        """Wait until a pattern is on the terminal; return its last group, or all of it."""
        deadline = time.monotonic() + TIMEOUT
        while not (found := re.search(pattern, self.seen)):
            assert self._read(deadline), f"{pattern!r} never came; the terminal shows:\n{self.seen}"
        return found[found.re.groups]

    def type(self, line: str) -> None:
        os.write(self._master, f"{line}\n".encode())

    def read(self) -> str:
        """Return what the terminal shows by now."""
        while self._read(time.monotonic()):
            pass
        return self.seen

    def end(self) -> str:
        """Wait until the command has ended; return what it has shown."""
        deadline = time.monotonic() + TIMEOUT
        while self._read(deadline):
            pass
        assert time.monotonic() < deadline, f"it does not end; the terminal shows:\n{self.seen}"
        self._process.wait(TIMEOUT)
        return self.seen

    def interrupt(self) -> None:
        """Press Ctrl-C, and wait for the end."""
        if self._master < 0:
            return
        if self._process.poll() is None:
            below = descendants(self._process.pid)
            os.write(self._master, b"\x03")
            try:
                self.end()
            except (AssertionError, subprocess.TimeoutExpired):
                for pid in (*below, self._process.pid):
                    kill_with_group(pid)
                self._process.send_signal(signal.SIGKILL)
                raise
            finally:
                self._process.wait()
        os.close(self._master)
        self._master = -1

    def _read(self, deadline: float) -> bool:
        if not select([self._master], [], [], max(deadline - time.monotonic(), 0))[0]:
            return False
        try:
            data = os.read(self._master, 65_536)
        except OSError:  # Linux: the last process at the terminal has ended
            return False
        self._seen += data
        return bool(data)
