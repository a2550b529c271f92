from __future__ import annotations

import stat
from pathlib import Path

import pytest

from funchost.app.local_settings_secret import LocalSecret, UnreadableValueError
from funchost.errors import ConfigError, FuncHostError


def test_what_is_encrypted_can_be_read_again_by_the_same_user(tmp_path: Path) -> None:
    value = LocalSecret(tmp_path).encrypt("grön")
    assert "gr" not in value.removeprefix("fernet:")[:4]
    assert LocalSecret(tmp_path).decrypt(value) == "grön"


def test_the_key_is_made_on_first_use_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "funchost"
    secret = LocalSecret(folder)
    assert not folder.exists()
    secret.encrypt("x")
    assert stat.S_IMODE(secret.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == ["local-settings.key"]


def test_a_key_that_others_can_read_is_closed_to_them(tmp_path: Path) -> None:
    value = LocalSecret(tmp_path).encrypt("x")
    secret = LocalSecret(tmp_path)
    secret.path.chmod(0o644)
    assert secret.decrypt(value) == "x"
    assert stat.S_IMODE(secret.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("value", "said"), [("plain", "not encrypted by this tool"), ("fernet:gAAAA", "with another key than")]
)
def test_a_value_of_somebody_else_is_named(tmp_path: Path, value: str, said: str) -> None:
    secret = LocalSecret(tmp_path)
    secret.encrypt("makes the key")
    with pytest.raises(UnreadableValueError, match=said):
        secret.decrypt(value)


def test_a_missing_key_is_named_and_not_made(tmp_path: Path) -> None:
    value = LocalSecret(tmp_path / "one").encrypt("x")
    other = LocalSecret(tmp_path / "other")
    with pytest.raises(UnreadableValueError, match="there is no key in"):
        other.decrypt(value)
    assert not other.path.exists()


def test_a_file_that_is_no_key_is_named(tmp_path: Path) -> None:
    secret = LocalSecret(tmp_path)
    secret.path.write_text("nonsense")
    with pytest.raises(ConfigError, match="not a key for local settings"):
        secret.encrypt("x")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FuncHostError, match="No key for local settings can be made") as caught:
        LocalSecret(tmp_path / "file" / "below").encrypt("x")
    assert caught.value.hint is not None
    assert "FUNCHOST_CONFIG_DIR" in caught.value.hint
