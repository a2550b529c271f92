"""Datum: one typed value on its way between worker and converter; and how trigger metadata is read from datums."""

import json
import re
from datetime import datetime, timedelta, timezone


class Datum:
    """A value and its kind: ``string``, ``bytes``, ``json``, ``http``, ``int`` or ``double``."""

    __slots__ = ("type", "value")

    def __init__(self, value, type):  # the library's names
        self.value = value
        self.type = type

    def __repr__(self):
        return "<Datum %s %.40r>" % (self.type, self.value)


def metadata_value(trigger_metadata, key):
    """Return the plain value of a metadata entry, JSON already parsed; None if it is absent."""
    datum = trigger_metadata.get(key) if trigger_metadata else None
    if datum is None:
        return None
    if datum.type == "json":
        return json.loads(datum.value)
    if datum.type in ("string", "int", "double"):
        return datum.value
    raise ValueError("unsupported type of field %r in trigger metadata: %s" % (key, datum.type))


def metadata_int(trigger_metadata, key):
    """Return a metadata entry as int; None if it is absent; ValueError if it is no number."""
    value = metadata_value(trigger_metadata, key)
    if value is None:
        return None
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise ValueError("cannot convert value of field %r in trigger metadata into int: %s" % (key, error))


def metadata_time(trigger_metadata, key):
    """Return a metadata entry as datetime; None if it is absent or empty; ValueError if it is no time."""
    return parse_time(metadata_value(trigger_metadata, key))


_TIME = re.compile(
    r"(?:(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)[T ]|(?P<us_month>\d\d?)/(?P<us_day>\d\d?)/(?P<us_year>\d{4}) )"
    r"(?P<hour>\d\d?):(?P<minute>\d\d):(?P<second>\d\d)(?:\.(?P<fraction>\d+))?"
    r" ?(?P<zone>Z|[+-]\d\d:?\d\d)?$",
    re.IGNORECASE,
)


def parse_time(text):
    """Return the time of an ISO or ``MM/DD/YYYY HH:MM:SS`` text, aware if the text has a zone, UTC then.

    Fractions are cut to microseconds, .NET writes seven digits.
    """
    if not text:
        return None
    match = _TIME.match(text)
    if match is None:
        raise ValueError("cannot read %r as a time" % (text,))
    part = match.groupdict()
    moment = datetime(
        int(part["year"] or part["us_year"]),
        int(part["month"] or part["us_month"]),
        int(part["day"] or part["us_day"]),
        int(part["hour"]),
        int(part["minute"]),
        int(part["second"]),
        int((part["fraction"] or "0")[:6].ljust(6, "0")),
    )
    if part["zone"] is None:
        return moment
    return (moment - _offset(part["zone"])).replace(tzinfo=timezone.utc)


def _offset(zone):
    if zone in "Zz":
        return timedelta(0)
    size = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return -size if zone[0] == "-" else size
