"""What a page of the documentation tells its reader to do, step by step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`([\w./]+)`:$")
_QUESTION = re.compile(r"(.+: \[.+\]) ?(.*)")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)")
_ANY_LINES = "..."


@dataclass(frozen=True)
class Heading:
    """A new section begins."""

    title: str


@dataclass(frozen=True)
class FileContent:
    """A file is written."""

    name: str
    text: str


@dataclass(frozen=True)
class Command:
    """A command is typed, and the page shows what comes.

    Args:
        text: for the shell.
        output: lines; `...` stands for any lines, and within a line for any text.
    """

    text: str
    output: tuple[str, ...]

    @property
    def answers(self) -> Iterator[tuple[str, str]]:
        """What it asks, and what the reader types before Enter."""
        for line in self.output:
            if question := _QUESTION.fullmatch(line):
                yield question[1], question[2]


Step = Heading | FileContent | Command


def steps(page: Path) -> Iterator[Step]:
    """Read a page."""
    prose, *rest = _FENCE.split(page.read_text(encoding="utf-8"))
    yield from _headings(prose)
    for language, body, following in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        named = _FILE.search(prose.rstrip())
        if language == "console":
            yield from _commands(body)
        elif named:
            yield FileContent(named[1], body)
        yield from _headings(following)
        prose = following


def _headings(prose: str) -> Iterator[Heading]:
    for title in re.findall(r"^#+ (.+)$", prose, re.MULTILINE):
        yield Heading(title)


def _commands(block: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        text, *output = part.rstrip("\n").split("\n")
        yield Command(text, tuple(output))


def differs(shown: tuple[str, ...], seen: str) -> str | None:
    """Return the first line that a page shows and that did not come where it should have, None if all did.

    Ports and times differ from run to run, and so does the room at the end of lines.
    """
    lines = [_plain(line) for line in seen.splitlines()]
    at, loose = 0, False
    for line in shown:
        if line.strip() == _ANY_LINES:
            loose = True
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in _plain(line).split(_ANY_LINES)))
        last = len(lines) if loose else at + 1
        found = next((index for index in range(at, min(last, len(lines))) if pattern.fullmatch(lines[index])), None)
        if found is None:
            return line
        at, loose = found + 1, False
    return None if loose or at == len(lines) else f"(nothing more, in place of {lines[at]!r})"


def _plain(line: str) -> str:
    without_port = re.sub(r"(localhost|127\.0\.0\.1):\d+", r"\1:PORT", line.rstrip())
    return _STAMP.sub("TIME", without_port)
