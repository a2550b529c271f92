from __future__ import annotations

import json
from pathlib import Path

import pytest

from funchost.deploy.client.servers_file import FILE_NAME, KnownServer, config_folder, load, remember
from funchost.errors import ConfigError


def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    known = load(tmp_path)
    assert (known.default, dict(known.servers)) == (None, {})


def test_a_server_is_remembered_and_becomes_the_default(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "funchost"
    remember(folder, "http://127.0.0.1:7070", "first")
    remember(folder, "HTTPS://Deploy.Example.org:8443/", "second", certificate="PEM")
    known = load(folder)
    assert known.default == "https://deploy.example.org:8443"
    assert known.get("http://127.0.0.1:7070/") == KnownServer("first")
    assert known.get("https://deploy.example.org:8443") == KnownServer("second", "PEM")
    assert known.get("http://127.0.0.1:7071") is None


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "funchost"
    remember(folder, "http://127.0.0.1:7070", "secret")
    assert (folder / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in folder.iterdir()] == [FILE_NAME]


def test_tokens_are_in_no_repr(tmp_path: Path) -> None:
    remember(tmp_path, "http://127.0.0.1:7070", "secret-token", certificate="PEM-TEXT")
    text = repr(load(tmp_path))
    assert "secret-token" not in text
    assert "PEM-TEXT" not in text


@pytest.mark.parametrize("text", ["{", "[]", '{"servers": {"http://x": {}}}', '{"servers": 3}'])
def test_another_file_of_that_name_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(ConfigError, match=FILE_NAME):
        load(tmp_path)


def test_a_file_of_the_documented_form_is_read(tmp_path: Path) -> None:
    url = "http://127.0.0.1:7070"
    (tmp_path / FILE_NAME).write_text(json.dumps({"default": url, "servers": {url: {"token": "t"}}}))
    assert load(tmp_path).default == url


def test_where_the_configuration_folder_is() -> None:
    home = Path("/home/someone")
    assert config_folder({}, home) == Path("/home/someone/.config/funchost")
    assert config_folder({"XDG_CONFIG_HOME": "/conf"}, home) == Path("/conf/funchost")
    assert config_folder({"XDG_CONFIG_HOME": "/conf", "FUNCHOST_CONFIG_DIR": "/own"}, home) == Path("/own")
