from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from funchost.platform.connection_string import ConnectionType
from funchost.platform.data_directory import DataDirectory
from funchost.platform.placement.instance_environment import (
    MAX_HOST_ID,
    host_id,
    instance_environment,
    temporary_folder,
)
from funchost.platform.site import Revision, SiteName

SHOP = SiteName("shop")


def environment(
    site: SiteName = SHOP, types: Mapping[str, ConnectionType] | None = None, /, **settings: str
) -> dict[str, str]:
    return instance_environment(
        Revision(
            site=site, number=1, version="v1", python="3.11", settings=settings, connection_types=dict(types or {})
        ),
        instance="0123",
        root=Path("/data/versions/v1"),
        python=(3, 11, 7),
        executable=Path("/opt/python/bin/python3.11"),
        folder=Path("/data/sites/shop/instances/0123"),
        hostname="shop.localhost:7070",
    )


def test_the_platform_says_who_and_where_the_instance_is() -> None:
    found = environment()
    assert found["WEBSITE_SITE_NAME"] == "shop"
    assert found["WEBSITE_SLOT_NAME"] == "Production"
    assert found["WEBSITE_HOSTNAME"] == "shop.localhost:7070"
    assert found["WEBSITE_INSTANCE_ID"] == "0123"
    assert found["AzureWebJobsScriptRoot"] == "/data/versions/v1"
    assert found["FUNCTIONS_WORKER_RUNTIME"] == "python"
    assert found["FUNCTIONS_WORKER_RUNTIME_VERSION"] == "3.11"
    assert found["TMPDIR"] == "/data/sites/shop/instances/0123/tmp"
    assert found["HOME"] == "/data/sites/shop/instances/0123/home"
    assert found["PATH"].startswith("/opt/python/bin:")


def test_a_slot_has_the_apps_name_and_its_own() -> None:
    found = environment(SiteName("shop", "staging"))
    assert (found["WEBSITE_SITE_NAME"], found["WEBSITE_SLOT_NAME"]) == ("shop", "staging")


@pytest.mark.parametrize("name", ["TMPDIR", "HOME", "WEBSITE_SITE_NAME", "website_instance_id", "WEBSITE_SLOT_NAME"])
def test_settings_cannot_say_who_or_where_the_instance_is(name: str) -> None:
    found = environment(**{name: "mine"})
    assert "mine" not in found.values()


@pytest.mark.parametrize("name", ["PATH", "LANG", "AzureFunctionsWebHost__hostid", "FUNCTIONS_EXTENSION_VERSION"])
def test_settings_win_over_defaults(name: str) -> None:
    assert environment(**{name: "mine"})[name] == "mine"


def test_another_spelling_of_a_default_replaces_it() -> None:
    found = environment(**{"AzureFunctionsWebHost:hostid": "mine"})
    assert "AzureFunctionsWebHost__hostid" not in found


@pytest.mark.parametrize(
    ("said", "found"), [("", "Production"), ("development", "Production"), ("Staging", "Staging"), (None, "Production")]
)
def test_a_server_is_no_developers_machine(said: str | None, found: str) -> None:
    settings = {} if said is None else {"AZURE_FUNCTIONS_ENVIRONMENT": said}
    assert environment(**settings)["AZURE_FUNCTIONS_ENVIRONMENT"] == found


def test_connection_strings_stand_under_the_names_of_azure_too() -> None:
    found = environment(**{"ConnectionStrings:db": "one", "ConnectionStrings__log": "two"})
    assert found["ConnectionStrings:db"] == found["CUSTOMCONNSTR_db"] == "one"
    assert found["ConnectionStrings__log"] == found["CUSTOMCONNSTR_log"] == "two"


@pytest.mark.parametrize(
    ("type", "prefix"),
    [
        ("MySql", "MYSQLCONNSTR_"),
        ("SQLServer", "SQLCONNSTR_"),
        ("SQLAzure", "SQLAZURECONNSTR_"),
        ("Custom", "CUSTOMCONNSTR_"),
        ("NotificationHub", "NOTIFICATIONHUBCONNSTR_"),
        ("ServiceBus", "SERVICEBUSCONNSTR_"),
        ("EventHub", "EVENTHUBCONNSTR_"),
        ("ApiHub", "APIHUBCONNSTR_"),
        ("DocDb", "DOCDBCONNSTR_"),
        ("RedisCache", "REDISCACHECONNSTR_"),
        ("PostgreSQL", "POSTGRESQLCONNSTR_"),
    ],
)
def test_a_connection_string_stands_under_the_name_of_its_type(type: str, prefix: str) -> None:
    types = {"ConnectionStrings:db": ConnectionType(type)}
    found = environment(SHOP, types, **{"ConnectionStrings:db": "one"})
    names = {name for name, value in found.items() if value == "one"}
    assert names == {"ConnectionStrings:db", f"{prefix}db"}


def test_temporary_folders_leave_room_for_sockets() -> None:
    folder = temporary_folder(DataDirectory(Path("/home/developer/.local/share/funchost")).instance("0" * 32))
    assert len(f"{folder}/pymp-12345678/listener-12345678") < 108  # Linux takes no longer path of a socket


def test_host_ids_fit_and_tell_sites_apart() -> None:
    assert host_id(SiteName("shop", "staging")) == "shop-staging"
    long = [host_id(SiteName("a" * 50 + end)) for end in "bc"]
    assert len(set(long)) == 2
    assert all(len(found) == MAX_HOST_ID for found in long)
