"""The time zone whose clocks timers go by."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from funchost.errors import SettingError
from funchost.settings import Settings
from funchost.triggers.timer.windows_zones import WINDOWS_ZONES

SETTINGS = ("WEBSITE_TIME_ZONE", "TZ")
"""The first that holds something counts."""


class TimeZone(NamedTuple):
    """A time zone and the name by which it was asked for."""

    name: str
    rules: tzinfo


DEFAULT = TimeZone("UTC", UTC)


def time_zone(settings: Settings) -> TimeZone:
    """Return the time zone that the app settings ask for, UTC if none does, whatever the machine's own is.

    Raises:
        SettingError: no time zone has that name. At another time than was asked for nothing should run.
    """
    for setting in SETTINGS:
        name = (settings.get(setting) or "").strip().removeprefix(":")
        if name:
            rules = _rules(name)
            if rules is None:
                raise SettingError(
                    settings.names.spelling(setting) or setting,
                    f"{name!r} is not the name of a time zone.",
                    hint="Use an IANA name such as Europe/Berlin, or a Windows name such as W. Europe Standard Time.",
                )
            return TimeZone(name, rules)
    return DEFAULT


def _rules(name: str) -> tzinfo | None:
    if name.upper() in ("UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(WINDOWS_ZONES.get(name.lower(), name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # A path, a directory of the database, a POSIX rule: none is a name.
        return None
