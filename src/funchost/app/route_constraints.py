"""Inline constraints of route templates: what `{id:int}` and its kin accept.

Names and meaning are those of ASP.NET Core's route constraints, which the existing host uses. Values are the decoded
text of one path segment (of all the rest for a catch-all).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

Check = Callable[[str], bool]

REGEX_VALUE_LIMIT = 1024
"""Longer values never match a regex constraint: a bad pattern then has less to chew on."""

_WHOLE = re.compile(r"\s*[+-]?[0-9]{1,40}\s*", re.ASCII)
_DECIMAL = re.compile(r"\s*[+-]?(?:[0-9][0-9,]*\.?[0-9]*|\.[0-9]+)\s*", re.ASCII)
_FLOAT = re.compile(
    r"\s*[+-]?(?:(?:[0-9][0-9,]*\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]{1,9})?|nan|infinity|∞)\s*", re.ASCII | re.IGNORECASE
)
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32}", re.ASCII | re.IGNORECASE)
_LETTERS = re.compile(r"[a-z]*", re.ASCII | re.IGNORECASE)
_DOTNET_GROUP = re.compile(r"\(\?<(?![=!])")

_DECIMAL_LIMIT = 2**96
_DATES = ("%m/%d/%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y-%m-%d", "%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y", "%b %d, %Y")
_TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_DATE_FORMATS = (*(date + time for date in _DATES for time in _TIMES), "%a, %d %b %Y %H:%M:%S GMT")


def make_constraint(name: str, argument: str | None) -> Check:
    """Return the test for one inline constraint.

    Args:
        name: e.g. ``int`` or ``range``, case-insensitive.
        argument: the text between the parentheses, None without parentheses.

    Raises:
        ValueError: no such constraint, or an argument that it cannot take.
    """
    key = name.lower()
    if key in _PLAIN:
        if argument:
            raise ValueError(f"the constraint '{name}' takes no argument, found '({argument})'")
        return _PLAIN[key]
    if key == "regex":
        return _regex(argument)
    if key in _NUMBERED:
        counts, make = _NUMBERED[key]
        return make(*_numbers(name, argument, counts))
    known = ", ".join(sorted([*_PLAIN, *_NUMBERED, "regex"]))
    raise ValueError(f"there is no constraint '{name}'; known are {known}")


def _numbers(name: str, argument: str | None, counts: tuple[int, ...]) -> list[int]:
    texts = [] if argument is None or not argument.strip() else argument.split(",")
    if len(texts) not in counts or not all(_WHOLE.fullmatch(text) for text in texts):
        wanted = " or ".join(str(count) for count in counts)
        raise ValueError(f"the constraint '{name}' takes {wanted} whole number(s), found '({argument or ''})'")
    numbers = [int(text) for text in texts]
    if len(numbers) == 2 and numbers[0] > numbers[1]:
        raise ValueError(f"the constraint '{name}({argument})' is empty: its first number is larger than its second")
    return numbers


def _regex(argument: str | None) -> Check:
    if not argument:
        raise ValueError("the constraint 'regex' needs a pattern in parentheses")
    try:
        # .NET writes named groups as (?<name>...), Python as (?P<name>...).
        search = re.compile(_DOTNET_GROUP.sub("(?P<", argument), re.IGNORECASE).search
    except re.error as error:
        raise ValueError(f"the pattern '{argument}' of the constraint 'regex' is wrong: {error}") from error
    return lambda value: len(value) <= REGEX_VALUE_LIMIT and search(value) is not None


def _whole_number(value: str, low: int, high: int) -> bool:
    return _WHOLE.fullmatch(value) is not None and low <= int(value) <= high


def _between(low: int, high: int) -> Check:
    return lambda value: _whole_number(value, low, high)


def _is_decimal(value: str) -> bool:
    return _DECIMAL.fullmatch(value) is not None and abs(float(value.replace(",", ""))) < _DECIMAL_LIMIT


def _is_guid(value: str) -> bool:
    text = value.strip()
    if text[:1] + text[-1:] in ("{}", "()"):
        text = text[1:-1]
        return "-" in text and _GUID.fullmatch(text) is not None
    return _GUID.fullmatch(text) is not None


def _is_date(value: str) -> bool:
    text = value.strip()
    if len(text) > 64 or text.isdecimal():
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return any(_has_format(text, form) for form in _DATE_FORMATS)
    return True


def _has_format(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def _is_file(value: str) -> bool:
    name = value.rpartition("/")[2]
    return "." in name[:-1]


_LONG = 2**63

_PLAIN: dict[str, Check] = {
    "int": _between(-(2**31), 2**31 - 1),
    "long": _between(-_LONG, _LONG - 1),
    "bool": lambda value: value.strip().lower() in ("true", "false"),
    "datetime": _is_date,
    "decimal": _is_decimal,
    "double": lambda value: _FLOAT.fullmatch(value) is not None,
    "float": lambda value: _FLOAT.fullmatch(value) is not None,
    "guid": _is_guid,
    "alpha": lambda value: _LETTERS.fullmatch(value) is not None,
    "required": bool,
    "file": _is_file,
    "nonfile": lambda value: not _is_file(value),
}


def _length(low: int, high: int | None = None) -> Check:
    top = low if high is None else high
    return lambda value: low <= len(value) <= top


_NUMBERED: dict[str, tuple[tuple[int, ...], Callable[..., Check]]] = {
    "minlength": ((1,), lambda low: lambda value: len(value) >= low),
    "maxlength": ((1,), lambda high: lambda value: len(value) <= high),
    "length": ((1, 2), _length),
    "min": ((1,), lambda low: _between(low, _LONG - 1)),
    "max": ((1,), lambda high: _between(-_LONG, high)),
    "range": ((2,), _between),
}
