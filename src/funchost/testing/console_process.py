"""ConsoleProcess: a process of the tool in a session of its own, whose console a test reads."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from funchost.testing.console_lines import ConsoleLines
from funchost.testing.eventually import eventually
from funchost.testing.process_tree import descendants, is_alive, kill_with_group

QUIET_SECONDS = 3.0
"""After its end: how long its console may say nothing before the rest is given up; a child may keep it open."""


class ConsoleProcess:
    """What a host and a server have in common: they are read, stopped and killed, and leave no process behind.

    Args:
        name: what messages call it.
        environment: all of its variables.
        stop_timeout: seconds that it has to end.
    """

    def __init__(self, name: str, environment: Mapping[str, str], stop_timeout: float) -> None:
        self._name = name
        self._environment = dict(environment)
        self._stop_timeout = stop_timeout

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.stop()
        except TimeoutError:
            if error is None:
                raise

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that killed it."""
        return self._process.poll()

    @property
    def lines(self) -> tuple[str, ...]:
        """Every console line so far, stdout and stderr in the order they were written."""
        return self._console.lines

    @property
    def output(self) -> str:
        """The console lines as one text."""
        return "\n".join(self.lines)

    def stop(self, timeout: float | None = None) -> int:
        """End it with SIGTERM and return its exit code.

        Raises:
            TimeoutError: it, or a process it started, still lived after `timeout` seconds and had to be killed.
        """
        below: tuple[int, ...] = ()
        if self._process.poll() is None:
            below = descendants(self.pid)
            self._process.terminate()
        try:
            code = self._process.wait(self._stop_timeout if timeout is None else timeout)
            eventually(lambda: not any(is_alive(pid) for pid in below))
        except (subprocess.TimeoutExpired, TimeoutError) as error:
            self._kill(below)
            raise TimeoutError(f"the {self._name} did not end cleanly ({error}); its output:\n{self.output}") from error
        self._finish()
        return code

    def kill(self) -> None:
        """End it and everything below it with SIGKILL."""
        self._kill(descendants(self.pid) if self._process.poll() is None else ())

    def _run(self, command: Sequence[str], folder: Path | None = None) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - the interpreter of the test itself
            command,
            cwd=folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        self._console = ConsoleLines(self._process.stdout)

    def _kill(self, below: tuple[int, ...]) -> None:
        if self._process.poll() is None:
            kill_with_group(self.pid)
            self._process.wait()
        for pid in below:
            kill_with_group(pid)
        self._finish()

    def _finish(self) -> None:
        self._console.read_at(None)
        self._console.join(QUIET_SECONDS)


def changed_environment(environment: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """Return an environment with changes on top; None removes a variable."""
    return {name: value for name, value in {**environment, **changes}.items() if value is not None}
