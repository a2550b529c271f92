"""Which time zone the settings ask for."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from funchost.errors import SettingError
from funchost.settings import load_settings
from funchost.triggers.timer.windows_zones import WINDOWS_ZONES
from funchost.triggers.timer.zone import TimeZone, time_zone


def zone_of(**environ: str) -> TimeZone:
    return time_zone(load_settings(environ))


def test_without_a_setting_timers_go_by_utc() -> None:
    assert zone_of(TZ="") == TimeZone("UTC", UTC)


def test_an_iana_name_or_a_windows_name_counts() -> None:
    summer = datetime(2026, 7, 1)
    for name in ("Europe/Berlin", "W. Europe Standard Time", ":Europe/Berlin"):
        assert zone_of(WEBSITE_TIME_ZONE=name).rules.utcoffset(summer) == ZoneInfo("Europe/Berlin").utcoffset(summer)


def test_the_apps_setting_beats_the_machines() -> None:
    assert zone_of(WEBSITE_TIME_ZONE="Asia/Tokyo", TZ="Europe/Berlin").name == "Asia/Tokyo"
    assert zone_of(TZ="Europe/Berlin").name == "Europe/Berlin"


@pytest.mark.parametrize("name", ["Europe/Berlim", "Europe", "../etc/passwd", "/etc/localtime", "CET-1CEST,M3.5.0"])
def test_an_unknown_name_is_an_error_that_names_the_setting(name: str) -> None:
    with pytest.raises(SettingError, match="WEBSITE_TIME_ZONE: .* is not the name of a time zone"):
        zone_of(WEBSITE_TIME_ZONE=name)


def test_every_windows_name_leads_to_a_zone_that_exists() -> None:
    assert len(WINDOWS_ZONES) > 130
    for zone in WINDOWS_ZONES.values():
        assert ZoneInfo(zone).utcoffset(datetime(2026, 7, 1)) is not None
