"""What `func pack` and publishing say about a package while and after it is made. All of it goes to stderr."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from funchost.console import wants_colour

if TYPE_CHECKING:
    from funchost.deploy.package.archive import PackedPackage
    from funchost.deploy.package.project_checks import Check
    from funchost.deploy.package.project_files import ProjectFile

WARNING = "33"
ERROR = "31"
QUIET = "90"
LARGEST = 5
INTERVAL = 0.1

_SITE_PACKAGES = [".python_packages", "lib", "site-packages"]
_UNITS = ("bytes", "KiB", "MiB", "GiB")


class PackReport:
    """Prints on stderr, coloured on a terminal.

    Args:
        environ: NO_COLOR and its like.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._colour = wants_colour(sys.stderr.fileno(), environ)
        self._terminal = sys.stderr.isatty()
        self._shown_at = 0.0
        self._shown = False

    def line(self, text: str, code: str | None = None) -> None:
        """Print a line, in the colour of an ANSI code."""
        self._clear()
        click.echo(f"\x1b[{code}m{text}\x1b[0m" if code and self._colour else text, err=True)

    def log(self, text: str) -> None:
        """Print a line of an installer's log."""
        self.line(f"  {text}", QUIET)

    def warning(self, text: str) -> None:
        """Print what may not be as meant."""
        self.line(f"warning: {text}", WARNING)

    def checks(self, checks: Sequence[Check]) -> None:
        """Print how the checks of a project ended."""
        codes = {"PASSED": None, "WARNING": WARNING, "FAILED": ERROR}
        self.line("Validating project...", WARNING)
        for check in checks:
            self.line(f"  {check.title}: {check.outcome.value}", codes[check.outcome.value])
            if check.reason:
                self.line(f"    {check.reason}", codes[check.outcome.value])

    def progress(self, done: int, total: int) -> None:
        """Show how far packing is; on a terminal only, ten times a second."""
        now = time.monotonic()
        if not self._terminal or now - self._shown_at < INTERVAL:
            return
        self._shown_at = now
        self._shown = True
        percent = 100 * done // max(total, 1)
        sys.stderr.write(f"\r\x1b[KPacking {percent:3d} % of {size(total)}")
        sys.stderr.flush()

    def summary(self, package: PackedPackage) -> None:
        """Print what is in a package and what takes the most room."""
        self.line(f"{package.files} files, {size(package.bytes_in)}; the package has {size(package.bytes_out)}.")
        for name, length in largest_folders(package.included):
            self.line(f"  {size(length):>12}  {name}")

    def _clear(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False


def largest_folders(files: Iterable[ProjectFile]) -> list[tuple[str, int]]:
    """Return the folders that hold the most bytes, packages by name, and their sizes; the largest first."""
    sizes: Counter[str] = Counter()
    for file in files:
        parts = file.name.split("/")
        depth = min(4, len(parts) - 1) if parts[:3] == _SITE_PACKAGES else 1
        if len(parts) > depth:
            sizes["/".join(parts[:depth]) + "/"] += file.size
    return sorted(sizes.items(), key=lambda each: (-each[1], each[0]))[:LARGEST]


def size(length: int) -> str:
    """Return a number of bytes as people read it: ``12.3 MiB``."""
    amount, unit = float(length), 0
    while amount >= 1024 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{length} bytes" if unit == 0 else f"{amount:.1f} {_UNITS[unit]}"
