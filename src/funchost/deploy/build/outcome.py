"""Outcome: what a build process says of its work, as it comes."""

from __future__ import annotations

from collections.abc import Callable

from funchost.deploy.build.job import BuildResult
from funchost.deploy.build.report import Done, Failed, Line, Stage, decode
from funchost.errors import BuildError

OnLine = Callable[[str, bool], None]
"""Takes a line of the build's log, and whether it tells of a failure."""


class Outcome:
    """Gathers what a build process reports."""

    def __init__(self, on_line: OnLine, lines: int) -> None:
        self.doing = "starting"
        self._on_line = on_line
        self._left = lines + 1  # one tells how many are not shown
        self._end: Done | Failed | None = None

    def take(self, line: bytes) -> None:
        report = decode(line)
        match report:
            case Line(text, error) if self._left > 0:
                self._left -= 1
                self._on_line(text, error)
            case Stage(doing):
                self.doing = doing
            case Done() | Failed():
                self._end = self._end or report

    def result(self, how: str) -> BuildResult:
        """Return what was built.

        Args:
            how: the process ended.

        Raises:
            FuncHostError: what it reported; BuildError if it ended without a report.
        """
        match self._end:
            case Done(result):
                return result
            case Failed() as failure:
                raise failure.error()
        hint = "The system may have run out of memory." if "SIGKILL" in how else None
        raise BuildError(f"The build process {how} while it was {self.doing}.", hint=hint)
