from __future__ import annotations

from pathlib import Path

import pytest

from funchost.deploy.client.credentials import Basic
from funchost.deploy.client.profile_publication import settings_for_profile
from funchost.deploy.client.publish_plan import REMOTE_BUILD_SETTINGS, Build
from funchost.deploy.client.publish_profile import parse_publish_profile, read_publish_profile
from funchost.errors import FuncHostError


def profile(
    method: str = "ZipDeploy", url: str = "shop.scm.localhost:7070", app: str = "http://shop.localhost:7070"
) -> str:
    return (
        f'<publishData><publishProfile publishMethod="{method}" publishUrl="{url}" userName="$shop" userPWD="secret"'
        f' destinationAppUrl="{app}"><databases/></publishProfile></publishData>'
    )


def test_profile_of_a_server_of_our_own() -> None:
    found = parse_publish_profile(profile(), "file")
    assert found.scm_url == "http://shop.scm.localhost:7070"
    assert found.credential == Basic("$shop", "secret")
    assert found.host == "shop.scm.localhost"
    assert "secret" not in repr(found)


def test_profile_of_azure() -> None:
    text = profile(url="shop.scm.azurewebsites.net:443", app="http://shop.azurewebsites.net")
    found = parse_publish_profile(text, "file")
    assert found.scm_url == "https://shop.scm.azurewebsites.net"
    assert found.host == "shop.scm.azurewebsites.net"


def test_the_zip_way_is_taken_of_several() -> None:
    ftp = '<publishProfile publishMethod="FTP" publishUrl="ftp://x" userName="f"/>'
    web = '<publishProfile publishMethod="MSDeploy" publishUrl="web.scm.x:443" userName="w" userPWD="p"/>'
    both = profile().replace("<publishData>", f"<publishData>{ftp}{web}")
    assert parse_publish_profile(both, "file").credential.user == "$shop"
    assert parse_publish_profile(f"<publishData>{ftp}{web}</publishData>", "file").scm_url == "https://web.scm.x"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<publishData/>",
        "{}",
        profile(method="FTP"),
        profile(url=""),
        profile(url="a/b"),
        profile(url="u@x:443"),
        '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + profile(),
    ],
)
def test_what_is_no_profile_is_refused(text: str) -> None:
    with pytest.raises(FuncHostError, match="file"):
        parse_publish_profile(text, "file")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FuncHostError, match="cannot be read"):
        read_publish_profile(tmp_path / "none.PublishSettings")


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    file = tmp_path / "shop.PublishSettings"
    file.write_text(profile(), encoding="utf-8-sig")
    assert read_publish_profile(file) == parse_publish_profile(profile(), "file")


def test_settings_that_a_build_lacks() -> None:
    assert settings_for_profile(Build.REMOTE, {}) == dict(REMOTE_BUILD_SETTINGS)
    assert settings_for_profile(Build.REMOTE, dict(REMOTE_BUILD_SETTINGS)) == {}
    off = {**REMOTE_BUILD_SETTINGS, "SCM_DO_BUILD_DURING_DEPLOYMENT": "false"}
    assert settings_for_profile(Build.REMOTE, off) == {"SCM_DO_BUILD_DURING_DEPLOYMENT": "1"}
    assert settings_for_profile(Build.NONE, dict(REMOTE_BUILD_SETTINGS)) == {"SCM_DO_BUILD_DURING_DEPLOYMENT": "false"}
    assert settings_for_profile(Build.LOCAL, {"WEBSITE_RUN_FROM_PACKAGE": "1"}) == {}
    with pytest.raises(FuncHostError, match="WEBSITE_RUN_FROM_PACKAGE rules out a remote build"):
        settings_for_profile(Build.REMOTE, {"WEBSITE_RUN_FROM_PACKAGE": "1"})
