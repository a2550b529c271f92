"""Values as text in a binding expression, with the format strings of .NET in their culture-free form. Pure."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: tuple[str, ...] = ("January", "February", "March", "April", "May", "June", "July")
_MONTHS += ("August", "September", "October", "November", "December")

_STANDARD_DATES = {
    "d": "MM/dd/yyyy",
    "D": "dddd, dd MMMM yyyy",
    "f": "dddd, dd MMMM yyyy HH:mm",
    "F": "dddd, dd MMMM yyyy HH:mm:ss",
    "g": "MM/dd/yyyy HH:mm",
    "G": "MM/dd/yyyy HH:mm:ss",
    "m": "MMMM dd",
    "M": "MMMM dd",
    "o": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "O": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "r": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
    "R": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
    "s": "yyyy-MM-ddTHH:mm:ss",
    "t": "HH:mm",
    "T": "HH:mm:ss",
    "u": "yyyy-MM-dd HH:mm:ss'Z'",
    "U": "dddd, dd MMMM yyyy HH:mm:ss",
    "y": "yyyy MMMM",
    "Y": "yyyy MMMM",
}
"""What one letter alone stands for."""

_DATE_PART = re.compile(r"'[^']*'|\"[^\"]*\"|\\.|%?(?:d+|f+|F+|g+|h+|H+|K|m+|M+|s+|t+|y+|z+)|.", re.DOTALL)
_STANDARD_NUMBER = re.compile(r"([DdXxFfNnPpGg])(\d{0,2})", re.ASCII)
_CUSTOM_NUMBER = re.compile(r"([^0#.,']*)([0#,]*)(?:\.([0#]*))?([^0#.,']*)", re.ASCII)


class FormatProblem(ValueError):
    """A value has no text in this form; the message completes a sentence."""


def plain_text(value: object) -> str:
    """Return a value as .NET's culture-free text.

    Raises:
        FormatProblem: an object or a list.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        raise FormatProblem("an object cannot be inserted into a text; name one of its properties.")
    if isinstance(value, Sequence):
        raise FormatProblem("a list cannot be inserted into a text.")
    raise FormatProblem(f"a {type(value).__name__} cannot be inserted into a text.")


def formatted(value: object, form: str) -> str:
    """Return a date, a number, or a text that holds one, in a .NET format; an empty format changes nothing.

    Raises:
        FormatProblem: neither, or no such format.
    """
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, datetime):
        return date_text(value, form)
    if not form:
        return plain_text(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number_text(Decimal(repr(value)), form)
    if isinstance(value, uuid.UUID):
        return guid_text(value, form)
    raise FormatProblem(f"the format '{form}' needs a date, a number or a GUID.")


def _parsed(text: str) -> object:
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        return date.astimezone(UTC) if date.tzinfo else date
    try:
        return int(text) if re.fullmatch(r"-?\d{1,28}", text, re.ASCII) else float(Decimal(text))
    except (InvalidOperation, ValueError, OverflowError):
        pass
    try:
        return uuid.UUID(text)
    except ValueError:
        return text


def guid_text(value: uuid.UUID, form: str) -> str:
    """Return a GUID in one of .NET's forms N, D, B, P; empty = D. Raises: FormatProblem."""
    text = str(value)
    forms = {"": text, "D": text, "N": value.hex, "B": f"{{{text}}}", "P": f"({text})"}
    try:
        return forms[form.upper()]
    except KeyError:
        raise FormatProblem(f"'{form}' is no format of a GUID; use N, D, B or P.") from None


def date_text(value: datetime, form: str) -> str:
    """Return a date in a standard (one letter) or custom .NET format; empty = G. Raises: FormatProblem."""
    form = form or "G"
    if len(form) == 1:
        if form not in _STANDARD_DATES:
            raise FormatProblem(f"'{form}' is no format of a date.")
        form = _STANDARD_DATES[form]
    return "".join(_date_part(value, part) for part in _DATE_PART.findall(form))


def _date_part(value: datetime, part: str) -> str:
    if part[0] in "'\"" and len(part) > 1:
        return part[1:-1]
    if part[0] in "\\%":
        if len(part) == 1:
            raise FormatProblem(f"a format of a date cannot hold a lone '{part}'.")
        return part[1:] if part[0] == "\\" else _date_part(value, part[1:])
    letter, count = part[0], len(part)
    if letter in "fF":
        return _fraction(value, count, trims=letter == "F")
    if letter in "yMd":
        return _day_part(value, letter, count)
    if letter in "gtzK":
        return _mark(value, letter, count)
    numbers = {"H": value.hour, "h": value.hour % 12 or 12, "m": value.minute, "s": value.second}
    return part if letter not in numbers else f"{numbers[letter]:0{min(count, 2)}d}"


def _day_part(value: datetime, letter: str, count: int) -> str:
    if letter == "y":
        return f"{value.year % 100:0{count}d}" if count < 3 else f"{value.year:0{count}d}"
    if count < 3:
        return f"{value.month if letter == 'M' else value.day:0{count}d}"
    name = _MONTHS[value.month - 1] if letter == "M" else _DAYS[value.weekday()]
    return name[:3] if count == 3 else name


def _fraction(value: datetime, count: int, *, trims: bool) -> str:
    if count > 7:
        raise FormatProblem("a format of a date has at most seven digits for the fraction of a second.")
    digits = f"{value.microsecond:06d}0"[:count]
    return digits.rstrip("0") if trims else digits


def _mark(value: datetime, letter: str, count: int) -> str:
    if letter == "g":
        return "A.D."
    if letter == "t":
        return ("AM" if value.hour < 12 else "PM")[:count]
    offset = value.utcoffset()
    if letter == "K" and offset is None:
        return ""
    minutes = 0 if offset is None else int(offset.total_seconds()) // 60
    if letter == "K" and not minutes:
        return "Z"
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    if letter == "K" or count > 2:
        return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{sign}{minutes // 60:0{count}d}"


def number_text(value: Decimal, form: str) -> str:
    """Return a number in a standard (``D4``, ``X2``, ``F2`` ...) or custom (``0000.##``) .NET format.

    Raises:
        FormatProblem: no such format, or none for this number.
    """
    standard = _STANDARD_NUMBER.fullmatch(form)
    if standard is not None:
        return _standard_number(value, standard[1], standard[2])
    custom = _CUSTOM_NUMBER.fullmatch(form)
    if custom is None or not (custom[2] or custom[3]):
        raise FormatProblem(f"'{form}' is no format of a number.")
    before, whole, decimals, after = custom[1], custom[2], custom[3] or "", custom[4]
    text = f"{abs(value).quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP):f}"
    integer, _, fraction = text.partition(".")
    integer = integer.lstrip("0").rjust(whole.count("0"), "0")
    if "," in whole:
        integer = re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", integer)
    while len(fraction) > decimals.rfind("0") + 1 and fraction.endswith("0"):
        fraction = fraction[:-1]
    sign = "-" if value < 0 else ""
    return f"{sign}{before}{integer}{'.' if fraction else ''}{fraction}{after}"


def _standard_number(value: Decimal, letter: str, digits: str) -> str:
    kind = letter.upper()
    if kind == "G":
        return plain_text(float(value)) if value % 1 else str(int(value))
    if kind in "DX":
        if value % 1:
            raise FormatProblem(f"the format '{letter}{digits}' needs a whole number.")
        whole = int(value)
        if kind == "D":
            return ("-" if whole < 0 else "") + str(abs(whole)).rjust(int(digits or 1), "0")
        text = f"{whole if whole >= 0 else whole + (1 << 64):{letter}}"
        return text.rjust(int(digits or 1), "0")
    places = int(digits or 2)
    scaled = (value * 100 if kind == "P" else value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{scaled:f}" if kind == "F" else f"{scaled:,f}"
    return f"{text} %" if kind == "P" else text
