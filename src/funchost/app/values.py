"""From the value of a property to what it means. Configuration may hold numbers and truth values as text.

Each function raises ValueError with a sentence that tells what was found and what is wanted.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence

Convert = Callable[[object], object]

DAY = 86_400.0
_TIME_SPAN = re.compile(
    r"(?P<sign>-?)(?:(?P<days>\d{1,8})[.:](?=\d+:\d+:))?(?P<hours>\d{1,8}):(?P<minutes>\d{1,8})"
    r"(?::(?P<seconds>\d{1,8})(?P<fraction>\.\d{1,7})?)?",
    re.ASCII,
)
_WHOLE_NUMBER = re.compile(r"[+-]?\d{1,18}", re.ASCII)


def shown(value: object) -> str:
    """Return a value as an error message shows it: text in single quotes, everything else as JSON."""
    if isinstance(value, str):
        return f"'{value}'"
    text = json.dumps(value, default=str)
    return text if len(text) <= 80 else text[:77] + "..."


def text(value: object) -> str:
    """Return text; numbers and truth values count as text (``true``)."""
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    raise ValueError(f"{shown(value)} is not a text.")


def boolean(value: object) -> bool:
    """Return a truth value; ``"true"`` and ``"False"`` count."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise ValueError(f"{shown(value)} is neither true nor false.")


def integer(value: object) -> int:
    """Return a whole number; digits in a text count."""
    if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError(f"{shown(value)} is not a whole number.")


def number(value: object) -> float:
    """Return a number; digits in a text count."""
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            found = float(value)
        except (ValueError, OverflowError):
            found = math.nan
        if math.isfinite(found):
            return found
    raise ValueError(f"{shown(value)} is not a number.")


def time_span(value: object) -> float:
    """Return the seconds of ``[d.]hh:mm[:ss[.fffffff]]``, the text form of a .NET TimeSpan.

    A bare number would mean days there, which nobody expects: it is refused, except 0.
    """
    if value in (0, "0") and not isinstance(value, bool):
        return 0.0
    match = _TIME_SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{shown(value)} is not a time span; write hh:mm:ss, e.g. 00:05:00, with days 1.12:00:00.")
    hours, minutes, seconds = (int(match[part] or 0) for part in ("hours", "minutes", "seconds"))
    if hours > 23 or minutes > 59 or seconds > 59:
        raise ValueError(
            f"{shown(value)} is not a time span: hours end at 23, minutes and seconds at 59; a day is 1.00:00:00."
        )
    total = int(match["days"] or 0) * DAY + hours * 3600 + minutes * 60 + seconds + float(match["fraction"] or 0)
    return -total if match["sign"] else total


def whole(minimum: int, maximum: int | None = None, *, unlimited: bool = False) -> Callable[[object], int]:
    """Return a reader for whole numbers of a range; -1 passes as well if it means "no limit"."""
    limit = f" to {maximum}" if maximum is not None else " or more"
    wanted = f"{minimum}{limit}" + (", or -1 for no limit" if unlimited else "")

    def read(value: object) -> int:
        found = integer(value)
        if unlimited and found == -1:
            return found
        if found < minimum or (maximum is not None and found > maximum):
            raise ValueError(f"{found} is out of range; it must be {wanted}.")
        return found

    return read


def fraction(minimum: float, maximum: float, *, open_ends: bool = False) -> Callable[[object], float]:
    """Return a reader for numbers of a range, with or without its ends."""

    def read(value: object) -> float:
        found = number(value)
        inside = minimum < found < maximum if open_ends else minimum <= found <= maximum
        if not inside:
            raise ValueError(f"{shown(value)} is out of range; it must be between {minimum:g} and {maximum:g}.")
        return found

    return read


def span(minimum: float, maximum: float = math.inf) -> Callable[[object], float]:
    """Return a reader for time spans of a range of seconds."""
    limit = "" if maximum == math.inf else f" and {time_span_text(maximum)} at most"

    def read(value: object) -> float:
        found = time_span(value)
        if not minimum <= found <= maximum:
            raise ValueError(f"{shown(value)} is out of range; it must be at least {time_span_text(minimum)}{limit}.")
        return found

    return read


def choice(names: Sequence[str]) -> Callable[[object], str]:
    """Return a reader for one of `names`, case-insensitively, or its number; it returns the name as listed."""

    def read(value: object) -> str:
        wanted = text(value).strip().lower()
        for index, name in enumerate(names):
            if wanted in (name.lower(), str(index)):
                return name
        raise ValueError(f"{shown(value)} is none of {', '.join(names)}.")

    return read


def time_span_text(seconds: float) -> str:
    """Return seconds as a .NET TimeSpan writes them: ``[d.]hh:mm:ss[.fffffff]``."""
    ticks = round(seconds * 10_000_000)
    rest, parts = divmod(ticks, 10_000_000)
    days, rest = divmod(rest, 86_400)
    day_part = f"{days}." if days else ""
    fraction_part = f".{parts:07d}" if parts else ""
    return f"{day_part}{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}{fraction_part}"
