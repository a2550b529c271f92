"""Subscriptions, the search for sites, and Python versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from funchost.errors import RefusedError
from funchost.platform.api.arm.catalog import GraphQuery, parse_query
from tests.unit.platform.api.fake_server import SUBSCRIPTION, WEB, FakeServer

SEARCH = "/providers/Microsoft.ResourceGraph/resources?api-version=2019-04-01"


async def test_the_one_subscription_and_group_are_listed(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    listed = (await server.manage("GET", "/subscriptions?api-version=2018-09-01")).document["value"]
    assert isinstance(listed, list)
    assert [one["subscriptionId"] for one in listed] == [SUBSCRIPTION]
    assert (await server.manage("GET", f"/subscriptions/{SUBSCRIPTION}")).document["state"] == "Enabled"
    groups = (await server.manage("GET", f"/subscriptions/{SUBSCRIPTION}/resourcegroups")).document["value"]
    assert isinstance(groups, list)
    assert [group["name"] for group in groups] == ["funchost"]


@pytest.mark.parametrize(
    ("type", "name", "rows"),
    [
        ("Microsoft.Web/sites", "SHOP", [[f"{WEB}/sites/shop"]]),
        ("Microsoft.Web/sites", "other", []),
        ("Microsoft.Web/sites/slots", "shop/Staging", [[f"{WEB}/sites/shop/slots/staging"]]),
        ("Microsoft.Web/sites", "shop/staging", []),
    ],
)
async def test_the_existing_tools_query_finds_sites(tmp_path: Path, type: str, name: str, rows: list[object]) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    query = f"where type =~ '{type}' and name =~ '{name}' | project id"
    answer = await server.manage("POST", SEARCH, {"subscriptions": [SUBSCRIPTION], "query": query})
    data = answer.document["data"]
    assert isinstance(data, dict)
    assert data["rows"] == rows
    assert answer.document["count"] == len(rows)


async def test_rows_may_be_objects(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    query = "Resources | where type =~ 'microsoft.web/sites' | project id"
    answer = await server.manage("POST", SEARCH, {"query": query, "options": {"resultFormat": "objectArray"}})
    assert answer.document["data"] == [{"id": f"{WEB}/sites/shop"}]


def test_both_quotes_and_any_order_are_read() -> None:
    assert parse_query('where name =~ "A" and type =~ "T" | project id') == GraphQuery("t", "A")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "project id",
        "where name =~ 'x' | project id",
        "where type =~ 'x' or name =~ 'y' | project id",
        "where type =~ 'x' | project id | limit 1",
        "where type =~ 'x' and owner =~ 'y' | project id",
        "where type =~ 'x' | project id" + " " * 3000,
        "where " + "type =~ 'x' and " * 120 + "| project id",
    ],
)
def test_another_query_is_refused(text: str) -> None:
    with pytest.raises(RefusedError, match="understands queries of this form alone"):
        parse_query(text)


async def test_stacks_name_the_pythons_of_the_machine_with_their_end(tmp_path: Path) -> None:
    document = (await FakeServer(tmp_path).manage("GET", "/providers/Microsoft.Web/functionAppStacks")).json()
    minors = document["value"][0]["properties"]["majorVersions"][0]["minorVersions"]  # type: ignore[index]
    found = {one["value"]: one["stackSettings"]["linuxRuntimeSettings"] for one in minors}
    assert list(found) == ["3.8", "3.12"]
    assert found["3.8"]["endOfLifeDate"] == "2024-10-07T00:00:00Z"
    assert found["3.12"]["runtimeVersion"] == "Python|3.12"
