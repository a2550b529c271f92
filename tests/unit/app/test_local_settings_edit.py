from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from funchost.app.jsonc import parse
from funchost.app.local_settings import settings_of
from funchost.app.local_settings_edit import NEW_FILE, Section, SettingsEdit
from funchost.app.local_settings_secret import LocalSecret
from funchost.errors import ConfigError, FuncHostError, UsageError

PATH = Path("local.settings.json")
MIXED = """{
  "Values": {
    "Text": "a", // first
    "Number": 1.50,
    "Yes": true,
    "Nothing": null,
    "": "unnamed",
    "Empty": ""
  },
  "ConnectionStrings": {
    "Plain": "p",
    "Other": {"ConnectionString": "o", "ProviderName": "x"}
  },
  "Unknown": {"kept": [1, 2]}, // kept
  "Host": {"CORS": "*"}
}
"""
VALUES = {
    "Text": "a",
    "Number": "1.50",
    "Yes": "true",
    "Empty": "",
    "ConnectionStrings:Plain": "p",
    "ConnectionStrings:Other": "o",
}


@pytest.fixture
def secret(tmp_path: Path) -> LocalSecret:
    return LocalSecret(tmp_path)


def edit(text: str | None, secret: LocalSecret) -> SettingsEdit:
    return SettingsEdit(None if text is None else text.encode(), PATH, secret)


def values(change: SettingsEdit, secret: LocalSecret) -> Mapping[str, str]:
    return settings_of(parse(change.content(), PATH), secret).values


@pytest.mark.parametrize("text", [None, "", " \n"])
def test_without_a_file_a_plain_one_is_begun(text: str | None, secret: LocalSecret) -> None:
    change = edit(text, secret)
    change.add("A", "1", Section.VALUES)
    assert json.loads(change.content()) == {
        "IsEncrypted": False,
        "Values": {"FUNCTIONS_WORKER_RUNTIME": "python", "AzureWebJobsStorage": "UseDevelopmentStorage=true", "A": "1"},
    }


def test_encrypting_hides_every_value_and_keeps_everything_else(secret: LocalSecret) -> None:
    change = edit(MIXED, secret)
    assert change.encrypt() == 6
    text = change.content().decode()
    content = parse(text.encode(), PATH).value
    assert values(change, secret) == VALUES
    assert content["IsEncrypted"] is True
    assert content["Unknown"] == {"kept": [1, 2]}
    assert content["Host"] == {"CORS": "*"}
    assert "// first" in text
    assert "// kept" in text
    assert '"ProviderName": "x"' in text
    assert '"Nothing": null' in text
    assert not [line for line in text.splitlines() if '"a"' in line or "1.50" in line or '"o"' in line]


def test_decrypting_writes_the_texts_again(secret: LocalSecret) -> None:
    change = edit(MIXED, secret)
    change.encrypt()
    assert change.decrypt() == 6
    assert not change.encrypted
    assert settings_of(parse(change.content(), PATH)).values == VALUES


def test_a_setting_added_to_an_encrypted_file_is_encrypted(secret: LocalSecret) -> None:
    change = edit(MIXED, secret)
    change.encrypt()
    change.add("New", "s3cret", Section.VALUES)
    change.add("Other", "s3cret", Section.CONNECTION_STRINGS)
    assert "s3cret" not in change.content().decode()
    found = values(change, secret)
    assert (found["New"], found["ConnectionStrings:Other"]) == ("s3cret", "s3cret")
    assert '"ProviderName": "x"' in change.content().decode()


def test_encrypting_again_takes_in_what_was_written_by_hand(secret: LocalSecret) -> None:
    change = edit('{"IsEncrypted": true, "Values": {"A": "by hand"}}', secret)
    with pytest.raises(ConfigError, match="not encrypted by this tool"):
        values(change, secret)
    assert change.encrypt() == 1
    assert change.encrypt() == 0
    assert values(change, secret) == {"A": "by hand"}


def test_with_another_key_nothing_is_decrypted_and_the_line_is_named(tmp_path: Path, secret: LocalSecret) -> None:
    change = edit('{\n"Values": {\n"A": "1"\n}}', secret)
    change.encrypt()
    other = LocalSecret(tmp_path / "other")
    other.encrypt("makes the key")
    before = change.content()
    change = SettingsEdit(before, PATH, other)
    with pytest.raises(ConfigError, match="encrypted with another key") as caught:
        change.decrypt()
    assert caught.value.line == 3
    assert caught.value.hint is not None
    assert "func settings add" in caught.value.hint
    assert change.content() == before


def test_names_of_the_sections_are_found_in_any_case(secret: LocalSecret) -> None:
    change = edit('{"isencrypted": false, "values": {"A": "1"}, "connectionstrings": {}}', secret)
    change.add("B", "2", Section.VALUES)
    change.add("C", "3", Section.CONNECTION_STRINGS)
    change.encrypt()
    assert parse(change.content(), PATH).value.keys() == {"isencrypted", "values", "connectionstrings"}
    assert values(change, secret) == {"A": "1", "B": "2", "ConnectionStrings:C": "3"}


def test_a_section_that_is_null_or_missing_is_made(secret: LocalSecret) -> None:
    change = edit('{"Values": null}', secret)
    change.add("A", "1", Section.VALUES)
    change.add("B", "2", Section.CONNECTION_STRINGS)
    assert parse(change.content(), PATH).value == {"Values": {"A": "1"}, "ConnectionStrings": {"B": "2"}}


def test_a_section_that_is_no_object_is_refused(secret: LocalSecret) -> None:
    with pytest.raises(ConfigError, match="must be an object"):
        edit('{"Values": [1]}', secret).add("A", "1", Section.VALUES)


def test_deleting_what_is_not_there_names_what_is(secret: LocalSecret) -> None:
    change = edit(MIXED, secret)
    with pytest.raises(FuncHostError) as caught:
        change.remove("text", Section.VALUES)
    assert caught.value.hint == "Did you mean 'Text'?"
    with pytest.raises(FuncHostError) as caught:
        change.remove("Plain", Section.VALUES)
    assert caught.value.hint is not None
    assert "--connectionString" in caught.value.hint
    change.remove("Plain", Section.CONNECTION_STRINGS)
    assert parse(change.content(), PATH).value["ConnectionStrings"] == {
        "Other": {"ConnectionString": "o", "ProviderName": "x"}
    }


@pytest.mark.parametrize(
    ("name", "value"), [("", "x"), (" ", "x"), ("a=b", "x"), ("a\0", "x"), ("a", "\0"), ("a", "\udc80")]
)
def test_what_no_environment_variable_can_hold_is_refused(name: str, value: str, secret: LocalSecret) -> None:
    with pytest.raises(UsageError):
        edit(None, secret).add(name, value, Section.VALUES)


def test_objects_in_values_are_refused_before_anything_is_encrypted(secret: LocalSecret) -> None:
    change = edit('{"Values": {"A": "1", "B": {"c": 1}}}', secret)
    with pytest.raises(ConfigError, match="must be a text"):
        change.encrypt()
    assert json.loads(change.content()) == {"Values": {"A": "1", "B": {"c": 1}}}


def test_the_new_file_is_what_func_init_writes() -> None:
    assert settings_of(parse(NEW_FILE, PATH)).values["AzureWebJobsStorage"] == "UseDevelopmentStorage=true"
