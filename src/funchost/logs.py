"""HostLog: what the host and the app have to say, filtered by level and written as console lines."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import Protocol

ALWAYS_SHOWN = ("Worker process started and initialized.", "Host lock lease acquired")
"""Tools wait for these messages, so no level hides them (reference: the existing tool's logging filter)."""

CONSOLE_CATEGORY = "Host.Function.Console"
JSON_PREFIX = "azfuncjsonlog:"


class LogLevel(IntEnum):
    """Levels as host.json names them."""

    TRACE = 0
    DEBUG = 1
    INFORMATION = 2
    WARNING = 3
    ERROR = 4
    CRITICAL = 5
    NONE = 6

    @classmethod
    def parse(cls, text: str) -> LogLevel:
        """Return the level called `text`, case-insensitively, or with that number.

        Raises:
            ValueError: no such level; the message lists the names.
        """
        wanted = text.strip().upper()
        for level in cls:
            if wanted in (level.name, str(level.value)):
                return level
        names = ", ".join(level.name.title() for level in cls)
        raise ValueError(f"{text!r} is not a log level: one of {names}")


class LogFilter:
    """The least level of each category that is shown.

    The entry of host.json's ``logging.logLevel`` that matches the most leading parts of the category decides;
    ``default`` replaces the built-in defaults, which are Information for the app's lines and Warning for the host's
    (Information when `verbose`). A user level limits the app's lines: of it and an entry for a single function the
    stricter one counts, entries for all functions and ``default`` give way to it.

    Args:
        levels: category or ``default`` to level name; case-insensitive.
        verbose: show the host's own lines.
        user_level: level of the app's lines that the command line asks for.

    Raises:
        ValueError: a level has no such name.
    """

    def __init__(self, levels: Mapping[str, str], *, verbose: bool = False, user_level: str | None = None) -> None:
        self._levels = {category.lower(): LogLevel.parse(level) for category, level in levels.items()}
        self._user_level = None if user_level is None else LogLevel.parse(user_level)
        default = self._levels.pop("default", None)
        self._host_default = default if default is not None else LogLevel.INFORMATION if verbose else LogLevel.WARNING
        self._user_default = default if default is not None else LogLevel.INFORMATION
        self._minimums: dict[str, LogLevel] = {}

    def minimum(self, category: str) -> LogLevel:
        """Return the least level of `category` that is shown, e.g. of ``Function.Items.User``."""
        level = self._minimums.get(category)
        if level is None:
            level = self._minimums[category] = self._decide(category.lower())
        return level

    def _decide(self, category: str) -> LogLevel:
        entry, parts = self._entry(category)
        is_user = category == CONSOLE_CATEGORY.lower() or category.split(".", 1)[0] == "function"
        if not is_user:
            return self._host_default if entry is None else entry
        if self._user_level is None:
            return self._user_default if entry is None else entry
        return max(self._user_level, entry) if entry is not None and parts > 1 else self._user_level

    def _entry(self, category: str) -> tuple[LogLevel | None, int]:
        parts = category.split(".")
        for count in range(len(parts), 0, -1):
            level = self._levels.get(".".join(parts[:count]))
            if level is not None:
                return level, count
        return None, 0


class LineWriter(Protocol):
    """Where lines go; `funchost.console.Console` is one."""

    def write(self, text: str, droppable: bool = False) -> None: ...


class HostLog:
    """Writes ``[2026-11-20T15:23:42.123Z] message`` lines (UTC), every line of a message with its own stamp.

    A message cannot pose as another one: control characters are written as escapes, and colour codes of the app are
    kept on a coloured console and removed elsewhere.

    Args:
        console: where lines go.
        filter: which lines are shown; may be replaced at any time.
        verbose: put function name and invocation id in front of lines that have them.
        colour: colour the lines by level.
        json_output: pass on messages that start with ``azfuncjsonlog:`` without that prefix and without a stamp.
        json_output_file: append these messages to the file instead; implies `json_output`.
        stamp_all: put a stamp in front of what is printed as well.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        console: LineWriter,
        filter: LogFilter,
        *,
        verbose: bool = False,
        colour: bool = False,
        json_output: bool = False,
        json_output_file: Path | None = None,
        stamp_all: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.filter = filter
        self._console = console
        self._verbose = verbose
        self._colour = colour
        self._json = json_output or json_output_file is not None
        self._json_file = json_output_file
        self._stamp_all = stamp_all
        self._clock = clock
        self._second = -1
        self._stamped_second = ""
        self._millisecond = -1
        self._stamp = ""

    def enabled(self, category: str, level: LogLevel) -> bool:
        """Return whether a line of that category and level is shown; ask before building costly messages."""
        return level >= self.filter.minimum(category)

    def write(
        self, level: LogLevel, category: str, message: str, *, function: str = "", invocation_id: str = ""
    ) -> None:
        """Write `message`, one or more lines, unless the filter hides it.

        Args:
            category: dotted name, e.g. ``Host.Startup``, ``Function.Items.User``.
            function: name of the function that the message is about.
            invocation_id: id of the invocation that the message is about.
        """
        if self._json and message.startswith(JSON_PREFIX):
            self._write_json(message[len(JSON_PREFIX) :])
            return
        if level < self.filter.minimum(category) and not message.startswith(ALWAYS_SHOWN):
            return
        start = self._start(function, invocation_id) if self._verbose and function else self._now()
        end = "\n"
        if self._colour:
            start = f"{_GREY}{start}{_RESET}{_COLOURS[level]}"
            end = f"{_RESET}\n"
        if message.isprintable():
            text = f"{start}{message}{end}"
        else:
            text = "".join([f"{start}{line}{end}" for line in _lines(message, self._colour)])
        self._console.write(text, not is_app_category(category))

    def print(self, text: str = "") -> None:
        """Write `text` as it is, whatever the levels are, and without a stamp unless every line has one."""
        if self._stamp_all:
            stamp = self._now()
            text = "\n".join(stamp + line for line in text.split("\n"))
        self._console.write(text + "\n")

    def _start(self, function: str, invocation_id: str) -> str:
        name = f"{function} {invocation_id}" if invocation_id else function
        if not name.isprintable():
            name = name.encode("unicode_escape").decode("ascii")
        return f"{self._now()}[{name}] "

    def _now(self) -> str:
        millisecond = int(self._clock() * 1000)
        if millisecond != self._millisecond:
            self._millisecond = millisecond
            second = millisecond // 1000
            if second != self._second:
                self._second = second
                self._stamped_second = time.strftime("[%Y-%m-%dT%H:%M:%S.", time.gmtime(second))
            self._stamp = f"{self._stamped_second}{millisecond % 1000:03d}Z] "
        return self._stamp

    def _write_json(self, text: str) -> None:
        if self._json_file is None:
            self._console.write(text + "\n")
            return
        try:
            with self._json_file.open("a", encoding="utf-8") as file:
                file.write(text + "\n")
        except OSError as error:
            self._json_file = None
            self.print(f"{error.filename}: {error.strerror}; JSON log lines go to the console from here on.")
            self._console.write(text + "\n")


@lru_cache(maxsize=256)
def is_app_category(category: str) -> bool:
    """Return whether lines of `category` are the app's own words, which are the last to be dropped."""
    return category.endswith(".User") or category in ("Function", CONSOLE_CATEGORY)


_GREY = "\x1b[90m"
_RESET = "\x1b[0m"
_COLOURS = {
    LogLevel.TRACE: "\x1b[32m",
    LogLevel.DEBUG: "\x1b[32m",
    LogLevel.INFORMATION: "\x1b[36m",
    LogLevel.WARNING: "\x1b[33m",
    LogLevel.ERROR: "\x1b[31m",
    LogLevel.CRITICAL: "\x1b[1;31m",
    LogLevel.NONE: "",
}

_COLOUR_CODE = re.compile(r"\x1b\[[0-9;:]*m")
# Everything but tab that moves the cursor, starts an escape sequence, ends a line for some reader or turns its text;
# and halves of surrogate pairs, with which Python spells file names that are no text, and which no JSON can hold.
_ODD = r"\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_CONTROL = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{_ODD}]")
_CONTROL_BUT_COLOUR = re.compile(rf"\x1b(?!\[[0-9;:]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f{_ODD}]")


def without_control(text: str) -> str:
    """Return a text that commands no terminal and that every format can hold; lines stay.

    Control characters and halves of surrogate pairs become escapes, colour codes are left out.
    """
    return text if text.isprintable() else _CONTROL.sub(_escape, _COLOUR_CODE.sub("", text))


def _lines(message: str, colour: bool) -> list[str]:
    text = message.replace("\r\n", "\n").removesuffix("\n").removesuffix("\r")
    text = _CONTROL_BUT_COLOUR.sub(_escape, text) if colour else without_control(text)
    return text.split("\n")


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
