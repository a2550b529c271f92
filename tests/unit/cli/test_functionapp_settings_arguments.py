from __future__ import annotations

from pathlib import Path

import pytest

from funchost.cli.functionapp_settings_arguments import GivenSetting, given_settings, read_settings
from funchost.errors import UsageError


def test_settings_are_words_with_an_equals_sign() -> None:
    words = ["A=1", "B=x=y, z", "EMPTY=", " C =d"]
    assert read_settings(words, "--settings") == {"A": "1", "B": "x=y, z", "EMPTY": "", "C": "d"}


def test_settings_come_from_json_files(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"A": "1", "N": 2, "T": true}')
    assert read_settings([f"@{file}"], "--settings") == {"A": "1", "N": "2", "T": "true"}
    file.write_text('[{"name": "A", "value": "1", "slotSetting": true}, {"name": "B", "value": "2"}]')
    assert list(given_settings([f"@{file}"], "--settings")) == [GivenSetting("A", "1", True), GivenSetting("B", "2")]


@pytest.mark.parametrize("text", [None, '{"A": "secret\\ud800"}'], ids=["word", "file"])
def test_a_value_that_is_no_utf_8_is_refused_by_name_and_not_shown(text: str | None, tmp_path: Path) -> None:
    word = "A=secret\udcff"
    if text is not None:
        (tmp_path / "settings.json").write_text(text)
        word = f"@{tmp_path / 'settings.json'}"
    with pytest.raises(UsageError, match="the value of A is no UTF-8 text, from character 7 on") as caught:
        read_settings([word], "--settings")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("word", ["secret-without-name", "=secret-value", "", "\0=secret"])
def test_what_is_no_setting_is_refused_without_showing_it(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_settings([word], "--settings")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["{", "3", '[{"value": "1"}]', '{"A": null}', '{"A": {"B": 1}}', '{"A=B": "1"}', "\udcff"]
)
def test_files_that_hold_something_else_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "settings.json"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match="--settings"):
        read_settings([f"@{file}"], "--settings")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_settings([f"@{tmp_path / 'none.json'}"], "--settings")
