"""App settings: what may be set, what concerns builds, what stands for the site's own account."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from funchost.errors import RefusedError
from funchost.platform.apps import app_settings

OWN = "DefaultEndpointsProtocol=http;AccountName=shop1;AccountKey=a2V5==;BlobEndpoint=http://127.0.0.1:7080/shop1"


@pytest.mark.parametrize(
    "settings",
    [
        {"": "x"},
        {"  ": "x"},
        {"A=B": "x"},
        {"A\0": "x"},
        {"A\n": "x"},
        {"n" * 300: "x"},
        {"A": "x\0y"},
        {"A": "\udcff"},
        {"A": "x" * (app_settings.MAX_VALUE + 1)},
        {"A": "x", "a": "y"},
        {f"A{number}": "x" * 90_000 for number in range(6)},
        {f"A{number}": "" for number in range(app_settings.MAX_SETTINGS + 1)},
    ],
)
def test_what_no_environment_can_hold_is_refused(settings: Mapping[str, str]) -> None:
    with pytest.raises(RefusedError) as caught:
        app_settings.check(settings)
    assert caught.value.status == 400
    assert len(str(caught.value)) < 400


def test_a_value_that_is_refused_is_not_shown() -> None:
    with pytest.raises(RefusedError) as caught:
        app_settings.check({"TOKEN": "hunter2\0"})
    assert "hunter2" not in str(caught.value)


def test_names_that_apps_use_are_taken() -> None:
    app_settings.check({"AzureWebJobs.hello.Disabled": "1", "Queue__serviceUri": "x", "a:b": "", "grüße": "ü"})


@pytest.mark.parametrize(
    ("name", "builds"),
    [
        ("SCM_DO_BUILD_DURING_DEPLOYMENT", True),
        ("enable_oryx_build", True),
        ("PIP_INDEX_URL", True),
        ("UV_INDEX_URL", True),
        ("WEBSITE_RUN_FROM_PACKAGE", True),
        ("WEBSITE_HOSTNAME", False),
        ("GREETING", False),
        ("PIPELINE", False),
    ],
)
def test_only_settings_for_builds_reach_builds(name: str, builds: bool) -> None:
    assert (name in app_settings.for_builds({name: "1"})) is builds
    assert (name in app_settings.for_instances({name: "1"})) is not builds


def test_the_own_account_is_known_by_name_and_key_and_shown_as_it_is_now() -> None:
    moved = OWN.replace("7080", "9999")
    settings = {"AzureWebJobsStorage": moved, "Other": OWN.replace("a2V5==", "other"), "Text": "AccountKey=x", "N": ""}
    kept = app_settings.kept(settings, OWN)
    assert kept["AzureWebJobsStorage"] == app_settings.OWN_ACCOUNT
    assert [kept[name] for name in ("Other", "Text", "N")] == [settings[name] for name in ("Other", "Text", "N")]
    assert app_settings.resolved(kept, OWN)["AzureWebJobsStorage"] == OWN


@pytest.mark.parametrize("value", ["UseDevelopmentStorage=true", "usedevelopmentstorage = True;"])
def test_development_storage_is_the_own_account(value: str) -> None:
    kept = app_settings.kept({"AzureWebJobsStorage": value, "Orders": value}, OWN)
    assert dict(app_settings.resolved(kept, OWN)) == {"AzureWebJobsStorage": OWN, "Orders": OWN}


def test_development_storage_of_a_machine_that_is_named_is_not() -> None:
    value = "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://192.168.0.5"
    assert app_settings.kept({"A": value}, OWN) == {"A": value}


def test_a_site_without_an_account_keeps_settings_as_they_are() -> None:
    settings = {"AzureWebJobsStorage": OWN, "Text": "hello"}
    assert app_settings.kept(settings, "") == settings


def test_a_new_site_takes_the_storage_it_was_given() -> None:
    assert app_settings.initial({"AzureWebJobsStorage": "x"}, "4")["AzureWebJobsStorage"] == "x"
    assert app_settings.initial({}, "3")["FUNCTIONS_EXTENSION_VERSION"] == "~3"
