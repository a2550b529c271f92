"""Swap rules, on whatever two sites there may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from funchost.platform.apps.app_settings import CONNECTION_PREFIX, OWN_ACCOUNT
from funchost.platform.apps.swap import swapped
from funchost.platform.connection_string import ConnectionString, ConnectionType
from funchost.platform.registry.site_record import SiteRecord
from funchost.platform.site import CorsRules, ScaleLimits, Site, SiteName

T = TypeVar("T")

NAMES = st.sampled_from(["A", "a", "B", "C", "FUNCTIONS_EXTENSION_VERSION", "AzureWebJobsStorage"])
VALUES = st.sampled_from(["1", "2", OWN_ACCOUNT])


def _without_doubles(settings: Mapping[str, T]) -> dict[str, T]:
    """Return settings as a site can have them: no two names differ in case only."""
    return {name: value for name, value in settings.items() if name != "a" or "A" not in settings}


SETTINGS = st.dictionaries(NAMES, VALUES).map(_without_doubles)
STRINGS = st.dictionaries(NAMES, st.builds(ConnectionString, VALUES, st.sampled_from(ConnectionType))).map(
    _without_doubles
)
STICKY = st.lists(st.sampled_from(["A", "a", "B", "C", CONNECTION_PREFIX + "A"]), max_size=4)


@st.composite
def sites(draw: st.DrawFn, slot: str | None) -> SiteRecord:
    return SiteRecord(
        site=Site(
            name=SiteName("shop", slot),
            python="3.11",
            functions_version="4",
            running=draw(st.booleans()),
            created=0.0,
            port=draw(st.integers(1, 9)),
            version=draw(st.sampled_from([None, "v1", "v2"])),
            cors=CorsRules((draw(st.sampled_from(["https://a", "https://b"])),)),
            scale=ScaleLimits(0, draw(st.integers(1, 9))),
            memory_limit=draw(st.sampled_from([None, 2**30])),
        ),
        password=slot or "",
        storage_key=slot or "",
        keys_secret=(slot or "").encode(),
        settings=draw(SETTINGS),
        connection_strings=draw(STRINGS),
    )


@settings(max_examples=40)
@given(one=sites(None), other=sites("staging"), sticky=STICKY)
def test_the_code_travels_and_the_place_stays(one: SiteRecord, other: SiteRecord, sticky: list[str]) -> None:
    names = {name.lower() for name in sticky}
    for now, before, source in zip(swapped(one, other, sticky), (one, other), (other, one), strict=True):
        assert now.site.version == source.site.version
        assert (now.name, now.site.port, now.site.running) == (before.name, before.site.port, before.site.running)
        assert (now.site.cors, now.site.scale) == (before.site.cors, before.site.scale)
        assert now.site.memory_limit == before.site.memory_limit
        secrets = (now.password, now.storage_key, now.keys_secret)
        assert secrets == (before.password, before.storage_key, before.keys_secret)
        for name, value in before.settings.items():
            if name.lower() in names or name.endswith("_EXTENSION_VERSION"):
                assert now.settings[name] == value
        taken = {name.lower() for name in now.settings}
        assert len(taken) == len(now.settings)
        for name, value in source.settings.items():
            stays = name.lower() in names or name.endswith("_EXTENSION_VERSION")
            if not stays:
                assert now.settings[name] == value
        assert set(now.settings) <= set(before.settings) | set(source.settings)
        if CONNECTION_PREFIX.lower() + "a" in names and "A" in before.connection_strings:
            assert now.connection_strings["A"] == before.connection_strings["A"]
        for name, string in source.connection_strings.items():
            if (CONNECTION_PREFIX + name).lower() not in names and not name.endswith("_EXTENSION_VERSION"):
                assert now.connection_strings[name] == string


@settings(max_examples=40)
@given(one=sites(None), other=sites("staging"), sticky=STICKY)
def test_twice_is_as_if_never(one: SiteRecord, other: SiteRecord, sticky: list[str]) -> None:
    again = swapped(*swapped(one, other, sticky), sticky)
    assert again == (one, other)
