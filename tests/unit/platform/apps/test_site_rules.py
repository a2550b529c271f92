"""Rules that clients set: checked, and in one form."""

from __future__ import annotations

import pytest

from funchost.errors import RefusedError
from funchost.platform.apps import site_rules
from funchost.platform.apps.creation import RESERVED, check_label
from funchost.platform.site import CorsRules, ScaleLimits, SiteName


@pytest.mark.parametrize(
    "origin",
    ["https://contoso.com", "http://localhost:3000", "chrome-extension://abcdef", "https://*.contoso.com", "*"],
)
def test_origins(origin: str) -> None:
    assert site_rules.cors(CorsRules((origin,))).origins == (origin,)


@pytest.mark.parametrize("origin", ["", "contoso.com", "https://", "https://a/b", "https://a b", "https://a\r\nx: y"])
def test_what_no_browser_sends_is_refused(origin: str) -> None:
    with pytest.raises(RefusedError):
        site_rules.cors(CorsRules((origin,)))


@pytest.mark.parametrize("limits", [(-1, 1), (0, 0), (3, 2), (0, 201)])
def test_numbers_of_instances_that_make_no_sense_are_refused(limits: tuple[int, int]) -> None:
    with pytest.raises(RefusedError):
        site_rules.check_scale(ScaleLimits(*limits))


def test_sticky_names_are_each_there_once() -> None:
    assert site_rules.sticky_names(["B", "A", "b", "ConnectionStrings:db"]) == ("A", "b", "ConnectionStrings:db")
    with pytest.raises(RefusedError):
        site_rules.sticky_names(["A=1"])


def test_labels_of_the_server_and_of_others_are_refused() -> None:
    for label in RESERVED:
        with pytest.raises(RefusedError):
            check_label(SiteName(label), None)
    with pytest.raises(RefusedError, match="same host name as the app shop-test"):
        check_label(SiteName("shop", "test"), SiteName("shop-test"))
    with pytest.raises(RefusedError, match="exists already"):
        check_label(SiteName("shop"), SiteName("shop"))
    check_label(SiteName("shop"), None)
