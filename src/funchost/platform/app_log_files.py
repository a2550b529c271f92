"""LogFiles: the log of one site on disk, in a file that is written and a few older ones."""

from __future__ import annotations

import shutil
from io import FileIO
from pathlib import Path
from typing import NamedTuple

NAME = "app.log"
_PIECE = 64 * 1024


class LogLimits(NamedTuple):
    """How much of a site's log is kept.

    Args:
        file_bytes: length at which a file is set aside, about.
        files: how many there are, the one that is written among them.
    """

    file_bytes: int = 10 * 1024 * 1024
    files: int = 5


class LogFiles:
    """``app.log`` is written; ``app.log.1`` was before it, and so on. Blocking; for one thread at a time.

    Args:
        folder: made with the first line.
        limits: see LogLimits.
    """

    def __init__(self, folder: Path, limits: LogLimits) -> None:
        self._folder = folder
        self._limits = limits
        self._lost = 0

    def append(self, lines: bytes) -> None:
        """Write whole lines; when that is not possible they are lost, and the next ones that are written say so."""
        if not lines:
            return
        notice = (
            b"server   (%d bytes of the log are lost here: the disk took none)\n" % self._lost if self._lost else b""
        )
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            current = self._folder / NAME
            with current.open("ab", buffering=0) as file:
                size = file.tell()
                _write_all_or_nothing(file, notice + lines)
            if size + len(lines) >= self._limits.file_bytes:
                self._rotate()
        except OSError:
            self._lost += len(lines)
        else:
            self._lost = 0

    def tail(self, count: int, most_bytes: int = 4 * 1024 * 1024) -> bytes:
        """Return the last `count` lines, fewer if they have more than `most_bytes`."""
        found = b""
        for path in self._paths():
            if found.count(b"\n") >= count or len(found) >= most_bytes:
                break
            found = _end_of(path, count - found.count(b"\n"), most_bytes - len(found)) + found
        return b"".join(found.splitlines(keepends=True)[-count:]) if count > 0 else b""

    def remove(self) -> None:
        """Delete everything; idempotent."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _paths(self) -> list[Path]:
        """The newest first."""
        older = (self._folder / f"{NAME}.{number}" for number in range(1, self._limits.files))
        return [self._folder / NAME, *older]

    def _rotate(self) -> None:
        paths = self._paths()
        paths[-1].unlink(missing_ok=True)
        for newer, older in reversed(list(zip(paths[:-1], paths[1:], strict=True))):
            if newer.exists():
                newer.replace(older)


def _end_of(path: Path, count: int, most_bytes: int) -> bytes:
    """Return the end of a file with at least `count` line ends, if it has as many within `most_bytes`."""
    try:
        with path.open("rb") as file:
            at = file.seek(0, 2)
            found = b""
            # The end of the line before the first wanted one tells where that begins.
            while at > 0 and found.count(b"\n") <= count and len(found) < most_bytes:
                size = min(_PIECE, at)
                at = file.seek(at - size)
                found = file.read(size) + found
    except FileNotFoundError:
        return b""
    if at > 0:  # the first line is not whole
        found = found.partition(b"\n")[2]
    return found


def _write_all_or_nothing(file: FileIO, data: bytes) -> None:
    """Raises: OSError: the disk took a part at most; the file is as long as before."""
    size = file.tell()
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError:
        file.truncate(size)
        raise
