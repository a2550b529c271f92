"""What a build process tells the server while it runs: one JSON object a line."""

from __future__ import annotations

import json
from typing import NamedTuple

from funchost.deploy.build.job import BuildResult
from funchost.errors import BuildError, FuncHostError, NativeDependenciesError, PackageError

MAX_TEXT = 8_000
"""Characters of one text; the middle of a longer one is left out."""

_KINDS: dict[str, type[FuncHostError]] = {
    kind.__name__: kind for kind in (BuildError, PackageError, NativeDependenciesError)
}


class Line(NamedTuple):
    """A line for the build's log."""

    text: str
    error: bool = False


class Stage(NamedTuple):
    """What the build does from now on; completes "while it was ...", e.g. ``unpacking the package``."""

    doing: str


class Done(NamedTuple):
    """The build has succeeded."""

    result: BuildResult


class Failed(NamedTuple):
    """The build has failed.

    Args:
        kind: name of the error's class.
    """

    kind: str
    message: str
    hint: str | None = None

    def error(self) -> FuncHostError:
        """Return the error as it was raised in the build process."""
        return _KINDS.get(self.kind, BuildError)(self.message, hint=self.hint)


Report = Line | Stage | Done | Failed


def failed(error: FuncHostError) -> Failed:
    """Return the report of an error; a kind that the server does not know counts as a failed build."""
    kind = type(error).__name__
    return Failed(kind if kind in _KINDS else BuildError.__name__, error.message, error.hint)


def encode(report: Report) -> bytes:
    """Return a report as one line with its end."""
    match report:
        case Line(text, error):
            document: dict[str, object] = {"line": shortened(text), "error": error}
        case Stage(doing):
            document = {"stage": doing}
        case Done(result):
            document = {"done": {"bytes": result.bytes, "packages": list(result.packages)}}
        case Failed(kind, message, hint):
            document = {"failed": kind, "message": shortened(message), "hint": hint and shortened(hint)}
    return json.dumps(document).encode() + b"\n"


def decode(line: bytes) -> Report | None:
    """Return the report in a line; None if it holds none: code of an app may have written to the pipe."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    match document:
        case {"line": str(text), "error": bool(error)}:
            return Line(shortened(text), error)
        case {"stage": str(doing)}:
            return Stage(shortened(doing))
        case {"done": {"bytes": int(size), "packages": list(packages)}}:
            return Done(BuildResult(size, tuple(str(package) for package in packages)))
        case {"failed": str(kind), "message": str(message), "hint": None | str() as hint}:
            return Failed(kind, shortened(message), hint)
    return None


def shortened(text: str) -> str:
    """Return a text without its middle if it is too long."""
    if len(text) <= MAX_TEXT:
        return text
    half = MAX_TEXT // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters ...]\n{text[-half:]}"
