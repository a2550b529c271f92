"""Settings, connection strings, sticky names and credentials by management calls."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.unit.platform.api.fake_server import PASSWORD, SHOP, STAGING, WEB, FakeServer


async def test_app_settings_are_listed_and_replaced_as_a_whole(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    listed = await server.manage("POST", f"{WEB}/sites/shop/config/AppSettings/list")
    assert listed.properties == {"AzureWebJobsStorage": "own"}
    answer = await server.manage("PUT", f"{WEB}/sites/shop/config/appsettings", {"properties": {"A": "1", "B": None}})
    assert answer.properties == {"A": "1"}
    assert server.apps.settings_of[SHOP] == {"A": "1"}
    assert server.apps.settings_of[STAGING] == {"AzureWebJobsStorage": "own"}


async def test_a_setting_that_is_no_text_is_refused(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    answer = await server.manage("PUT", f"{WEB}/sites/shop/config/appsettings", {"properties": {"A": {"b": 1}}})
    assert answer.status == 400
    assert server.apps.settings_of[SHOP] == {"AzureWebJobsStorage": "own"}


async def test_connection_strings_have_a_value_and_a_type(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    body = {"properties": {"Db": {"value": "Server=x", "type": "SQLAzure"}}}
    answer = await server.manage("PUT", f"{WEB}/sites/shop/config/connectionstrings", body)
    assert answer.properties == {"Db": {"value": "Server=x", "type": "SQLAzure"}}
    listed = await server.manage("POST", f"{WEB}/sites/shop/config/ConnectionStrings/list")
    assert listed.properties == answer.properties


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, "Custom"),
        ({"type": None}, "Custom"),
        ({"type": "sqlserver"}, "SQLServer"),
        ({"type": "MYSQL"}, "MySql"),
        ({"type": 0}, "MySql"),
        ({"type": "9"}, "RedisCache"),
        ({"type": 10}, "PostgreSQL"),
    ],
)
async def test_the_type_of_a_connection_string_is_a_name_in_any_case_or_a_number(
    tmp_path: Path, given: dict[str, object], kept: str
) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    body = {"properties": {"Db": {"value": "Server=x", **given}}}
    answer = await server.manage("PUT", f"{WEB}/sites/shop/config/connectionstrings", body)
    assert answer.properties == {"Db": {"value": "Server=x", "type": kept}}


@pytest.mark.parametrize("given", ["Oracle", 11, -1, ""])
async def test_an_unknown_type_is_refused_with_those_that_there_are(tmp_path: Path, given: object) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    body = {"properties": {"Db": {"value": "Server=x", "type": given}}}
    answer = await server.manage("PUT", f"{WEB}/sites/shop/config/connectionstrings", body)
    assert answer.status == 400
    text = answer.body.decode()
    assert f"'Db' has the type '{given}'" in text
    assert "MySql, SQLServer, SQLAzure, Custom, NotificationHub" in text
    assert "PostgreSQL, or their numbers 0 to 10" in text
    assert server.apps.strings_of == {}


@pytest.mark.parametrize("part", ["", "/config/web"])
async def test_connection_strings_may_come_with_the_configuration_of_a_site(tmp_path: Path, part: str) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    config = {"connectionStrings": [{"name": "Db", "connectionString": "Server=x", "type": "SQLServer"}]}
    properties = config if part else {"siteConfig": config}
    answer = await server.manage("PATCH", f"{WEB}/sites/shop{part}", {"properties": properties})
    assert answer.status == 200
    listed = await server.manage("POST", f"{WEB}/sites/shop/config/connectionstrings/list")
    assert listed.properties == {"Db": {"value": "Server=x", "type": "SQLServer"}}


async def test_a_new_site_has_the_connection_strings_of_its_body(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    string = {"name": "Db", "connectionString": "Server=x", "type": 2}
    body = {"location": "local", "properties": {"siteConfig": {"connectionStrings": [string]}}}
    assert (await server.manage("PUT", f"{WEB}/sites/new", body)).status == 200
    listed = await server.manage("POST", f"{WEB}/sites/new/config/connectionstrings/list")
    assert listed.properties == {"Db": {"value": "Server=x", "type": "SQLAzure"}}
    string["type"] = "none"
    assert (await server.manage("PUT", f"{WEB}/sites/other", body)).status == 400
    assert (await server.manage("GET", f"{WEB}/sites/other")).status == 404


async def test_sticky_names_of_settings_and_connection_strings_change_apart(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    path = f"{WEB}/sites/shop/config/slotConfigNames"
    await server.manage("PUT", path, {"properties": {"connectionStringNames": ["Db"]}})
    answer = await server.manage("PUT", path, {"properties": {"appSettingNames": ["A", "B"]}})
    assert answer.properties["appSettingNames"] == ["A", "B"]
    assert answer.properties["connectionStringNames"] == ["Db"]
    assert server.apps.sticky_names == ("A", "B", "ConnectionStrings:Db")


@pytest.mark.parametrize("spelling", ["publishingcredentials", "PublishingCredentials"])
async def test_publishing_credentials_in_both_spellings(tmp_path: Path, spelling: str) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    answer = await server.manage("POST", f"{WEB}/sites/shop/config/{spelling}/list")
    assert answer.properties["publishingUserName"] == "$shop"
    assert answer.properties["publishingPassword"] == f"{PASSWORD}-shop"
    assert answer.properties["scmUri"] == "http://shop.scm.localhost:7070"


async def test_the_publish_profile_is_what_ci_actions_read(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    answer = await server.manage("POST", f"{WEB}/sites/shop/slots/staging/publishxml", {"format": "WebDeploy"})
    profile = ElementTree.fromstring(answer.body).find("publishProfile")  # noqa: S314 - our own text
    assert profile is not None
    assert profile.attrib["publishMethod"] == "ZipDeploy"
    assert profile.attrib["publishUrl"] == "shop-staging.scm.localhost:7070"
    assert profile.attrib["userPWD"] == f"{PASSWORD}-shop-staging"


async def test_a_profile_names_the_port_also_where_it_is_the_usual_one(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    answer = await server.manage("POST", f"{WEB}/sites/shop/publishxml", host="example.org")
    assert b'publishUrl="shop.scm.example.org:80"' in answer.body


async def test_policies_allow_uploads_by_password_and_no_ftp(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    for kind, allowed in (("scm", True), ("ftp", False)):
        answer = await server.manage("GET", f"{WEB}/sites/shop/basicPublishingCredentialsPolicies/{kind}")
        assert answer.properties == {"allow": allowed}


async def test_a_new_password_can_be_asked_for(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    assert (await server.manage("POST", f"{WEB}/sites/shop/newpassword")).status == 204
    assert server.apps.calls == [("reset", SHOP)]
