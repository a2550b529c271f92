"""What every user of a machine can see of its processes, and what only their owner can, noted while a test runs."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from funchost.testing.process_tree import descendants

WORKER = b"funchost_worker"
_PAUSE = 0.01


class Seen(NamedTuple):
    """A process at one moment.

    Args:
        arguments: its command line, NUL between the words.
        environment: what it was started with; empty for processes that are not below the watched one.
    """

    arguments: bytes
    environment: bytes

    @property
    def is_worker(self) -> bool:
        """Whether it executes an app, whose settings it has by right."""
        return WORKER in self.arguments


class ProcessWatch:
    """Looks at all processes again and again; a context manager. Linux only.

    Args:
        root: id of the process whose descendants' environments are looked at as well.
    """

    def __init__(self, root: int) -> None:
        self.seen: set[Seen] = set()
        self._root = root
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="process watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ending.wait(_PAUSE):
            below = {self._root, *descendants(self._root)}
            for folder in Path("/proc").iterdir():
                if folder.name.isdigit():
                    self._look(folder, with_environment=int(folder.name) in below)

    def _look(self, folder: Path, *, with_environment: bool) -> None:
        try:
            arguments = (folder / "cmdline").read_bytes()
            self.seen.add(Seen(arguments, (folder / "environ").read_bytes() if with_environment else b""))
        except OSError:  # it has ended
            return
