"""Installation: one Python of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Installation(NamedTuple):
    """A CPython outside any virtual environment that was started and told its version.

    Args:
        path: its executable, links resolved.
        version: e.g. ``(3, 11, 7)``.
        source: where it was found, for people: ``PATH``, ``pyenv``, ``uv``, ``conda``...
    """

    path: Path
    version: tuple[int, int, int]
    source: str

    @property
    def minor(self) -> str:
        """What apps ask for: ``3.11``."""
        return f"{self.version[0]}.{self.version[1]}"

    @property
    def release(self) -> str:
        """The whole version: ``3.11.7``."""
        return ".".join(map(str, self.version))

    def __str__(self) -> str:
        return f"Python {self.release} ({self.path}, {self.source})"
