from __future__ import annotations

import pytest

from funchost.deploy.client.site_resource import app_name, host_url, python_of, read_site, site_rows
from funchost.errors import FuncHostError, UsageError


def test_the_scm_host_is_the_first_with_scm_in_its_name() -> None:
    hosts = ["shop.azurewebsites.net", "shop.scm.azurewebsites.net", "x.scm.y"]
    assert read_site({"properties": {"enabledHostNames": hosts}}).scm_host == "shop.scm.azurewebsites.net"
    with pytest.raises(FuncHostError, match="no host name"):
        _ = read_site({"name": "shop", "properties": {"enabledHostNames": ["shop"]}}).scm_host


def test_everything_may_be_missing() -> None:
    site = read_site({})
    assert (site.id, site.host_names, site.flex, site.python) == ("", (), False, None)


def test_python_is_read_wherever_it_stands() -> None:
    assert read_site({"properties": {"siteConfig": {"linuxFxVersion": "Python|3.8"}}}).python == "3.8"
    flex = {"functionAppConfig": {"runtime": {"name": "python", "version": "3.12"}}}
    assert read_site({"properties": flex}).python == "3.12"
    assert read_site({"properties": flex}).flex


@pytest.mark.parametrize(
    ("text", "version"),
    [("PYTHON|3.11", "3.11"), ("python|3.8", "3.8"), ("PYTHON|", None), ("NODE|20", None), ("", None)],
)
def test_python_of(text: str, version: str | None) -> None:
    assert python_of(text) == version


@pytest.mark.parametrize("name", ["", "a'b", "a/b", "../x", "a b", "-a", "a-", "x" * 61, "ä", "a|b"])
def test_names_that_could_change_a_query_or_a_path_are_refused(name: str) -> None:
    with pytest.raises(UsageError):
        app_name(name)


@pytest.mark.parametrize(
    ("management", "host", "url"),
    [
        ("http://127.0.0.1:7070", "shop.scm.localhost:7070", "http://shop.scm.localhost:7070"),
        ("http://127.0.0.1:7070", "shop.scm.localhost", "http://shop.scm.localhost:7070"),
        ("https://deploy.example.org:8443", "shop.scm.deploy.example.org", "https://shop.scm.deploy.example.org:8443"),
        ("https://management.azure.com", "shop.scm.azurewebsites.net", "https://shop.scm.azurewebsites.net"),
    ],
)
def test_hosts_are_called_as_the_management_calls_are(management: str, host: str, url: str) -> None:
    assert host_url(management, host) == url


def test_rows_of_both_forms_of_the_resource_graph() -> None:
    assert site_rows({"data": {"rows": [["/a"], ["/b"]]}}) == ["/a", "/b"]
    assert site_rows({"data": [{"id": "/a"}]}) == ["/a"]
    assert not site_rows({})
    assert not site_rows(None)
