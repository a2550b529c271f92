from __future__ import annotations

from funchost.deploy.client.site_address import other_addresses, site_address
from funchost.deploy.client.site_resource import SiteResource

BY_NAME, BY_PORT = "http://shop.localhost:7070", "http://localhost:20000"
SITE = SiteResource("/id", "shop", default_host_name="shop.localhost:7070", urls=(BY_NAME, BY_PORT))


def yes(host: str) -> bool:
    return True


def no(host: str) -> bool:
    return False


def test_names_below_localhost_are_shown_where_they_resolve() -> None:
    assert site_address(SITE, "http://127.0.0.1:7070", yes) == BY_NAME
    assert site_address(SITE, "http://127.0.0.1:7070", no) == BY_PORT
    assert other_addresses(SITE, BY_PORT) == [BY_NAME]


def test_localhost_of_another_machine_is_reached_by_its_address() -> None:
    assert site_address(SITE, "http://10.0.0.5:7070", yes) == "http://10.0.0.5:20000"
    assert site_address(SITE, "http://[fd00::5]:7070", yes) == "http://[fd00::5]:20000"


def test_other_domains_are_shown_as_they_are() -> None:
    azure = SiteResource("/id", "shop", default_host_name="shop.azurewebsites.net")
    assert site_address(azure, "https://management.azure.com", no) == "https://shop.azurewebsites.net"


def test_the_name_is_shown_if_there_is_nothing_else() -> None:
    alone = SiteResource("/id", "shop", urls=(BY_NAME,))
    assert site_address(alone, "http://127.0.0.1:7070", no) == BY_NAME
    assert site_address(SiteResource("/id", "shop"), "http://127.0.0.1:7070", no) is None
