"""ReportChannel: the build process's side of its connection to the server."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from funchost.deploy.build.report import Done, Failed, Line, Report, Stage, encode
from funchost.deploy.dependencies.installer_process import without_credentials


class ReportChannel:
    """Writes reports to a descriptor; any thread may use it. After the last report nothing more is written.

    Args:
        fd: of a pipe to the server.
        lines: how many lines of output get through.
        content: the app's folder; paths below it are reported as they count from there.
    """

    def __init__(self, fd: int, lines: int, content: Path) -> None:
        self._fd = fd
        self._content = f"{content}{os.sep}"
        self._lines = lines
        self._left = lines
        self._dropped = 0
        self._lock = threading.Lock()
        self._ended = False
        self.doing = "starting"
        """What the build does now."""

    def line(self, text: str, error: bool = False) -> None:
        """Report a line of output; credentials in addresses are hidden."""
        with self._lock:
            if self._left > 0:
                self._left -= 1
                self._write(Line(self._shown(text), error))
            else:
                self._dropped += 1

    def stage(self, doing: str) -> None:
        """Report what comes now, e.g. ``unpacking the package``."""
        with self._lock:
            self.doing = doing
            self._write(Stage(doing))

    def end(self, report: Done | Failed) -> None:
        """Report how the build ended; the first such report counts."""
        with self._lock:
            if self._dropped:
                self._write(Line(f"{self._dropped} more lines are not shown: a build may print {self._lines}."))
            if isinstance(report, Failed):
                report = report._replace(message=self._shown(report.message))
            self._write(report)
            self._ended = True

    def _shown(self, text: str) -> str:
        return without_credentials(text).replace(self._content, "")

    def _write(self, report: Report) -> None:
        if self._ended:
            return
        data = encode(report)
        while data:
            data = data[os.write(self._fd, data) :]
