"""Times as HTTP and the storage services write them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache


@lru_cache(maxsize=1024)
def _of_second(second: int) -> str:
    return formatdate(second, usegmt=True)


def http_date(moment: datetime) -> str:
    """Return ``Sat, 21 Nov 2026 14:18:00 GMT``."""
    return _of_second(int(moment.timestamp()))


def iso_date(moment: datetime) -> str:
    """Return ``2026-11-21T14:18:00.1234567Z``: the services count in tenths of a microsecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


@lru_cache(maxsize=256)
def read_http_date(text: str) -> datetime:
    """Return the moment of a date header, aware.

    Raises:
        ValueError: it is no such date.
    """
    moment = parsedate_to_datetime(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
