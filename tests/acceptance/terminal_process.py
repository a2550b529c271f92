"""The installed command at a terminal of its own: what it asks, and what a person types."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.acceptance.small_app import FUNC, TIMEOUT

_AT_TERMINAL = "import os, sys; os.login_tty(int(sys.argv[1])); os.execvp(sys.argv[2], sys.argv[2:])"
END_OF_FILE = "\x04"
INTERRUPT = "\x03"


class TerminalProcess:
    """A running `func`; a context manager that leaves no process behind.

    Args:
        arguments: of the command.
        cwd: working directory.
        env: added to this process's environment.
        prefix: a command that executes the one after it.
    """

    def __init__(
        self, *arguments: str, cwd: Path, env: Mapping[str, str] | None = None, prefix: Sequence[str] = ()
    ) -> None:
        self.seen = ""
        self._read_until = 0
        self._is_open = True
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _AT_TERMINAL, str(slave), *prefix, str(FUNC), *arguments],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            pass_fds=(slave,),
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._is_open:
            os.close(self._master)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait_for(self, text: str) -> None:
        """Wait until `text` stands on the terminal, behind what was waited for before."""
        deadline = time.monotonic() + TIMEOUT
        while text not in self.seen[self._read_until :]:
            if not self._read(deadline):
                raise AssertionError(f"{text!r} never came; the terminal shows:\n{self.seen}")
        self._read_until = self.seen.index(text, self._read_until) + len(text)

    def type(self, text: str) -> None:
        """Type characters; a line ends with a newline."""
        os.write(self._master, text.encode())

    def close_window(self) -> None:
        """Take the terminal away, as somebody does who closes its window."""
        os.close(self._master)
        self._is_open = False

    def exit_code(self) -> int:
        """Return the exit status, when the command has ended; all that it has shown is in `seen`."""
        deadline = time.monotonic() + TIMEOUT
        while self._is_open and self._read(deadline):
            pass
        return self._process.wait(TIMEOUT)

    def _read(self, deadline: float) -> bool:
        if not select.select([self._master], [], [], max(deadline - time.monotonic(), 0))[0]:
            return False
        try:
            data = os.read(self._master, 65_536)
        except OSError:  # Linux: the last process at the terminal has ended
            return False
        self.seen += data.decode().replace("\r\n", "\n")
        return bool(data)
