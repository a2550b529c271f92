from __future__ import annotations

import pytest

from funchost.app.local_settings import HostSection, LocalSettings, load_local_settings, merge_environment
from funchost.errors import ConfigError
from tests.unit.app.app_folder import AppFolder


def load(app: AppFolder, text: str) -> LocalSettings:
    app.write("local.settings.json", text)
    return load_local_settings(app.root)


def failure(app: AppFolder, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(app, text)
    return caught.value


def test_without_a_file_there_are_no_settings(app: AppFolder) -> None:
    assert load_local_settings(app.root) == LocalSettings()


def test_the_guides_file_loads(app: AppFolder) -> None:
    local = load(
        app,
        """// local.settings.json
        {
          "IsEncrypted": false,
          "Values": {
            "FUNCTIONS_WORKER_RUNTIME": "python",
            "AzureWebJobsStorage": "<azure-storage-connection-string>", // mine
          },
          "Host": {"LocalHttpPort": 7072, "LocalHttpAddress": "0.0.0.0",
                   "CORS": "https://a, https://b", "CORSCredentials": true},
          "ConnectionStrings": {"Db": "x", "Other": {"ConnectionString": "y", "ProviderName": "z"}}
        }""",
    )
    assert local.values == {
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "AzureWebJobsStorage": "<azure-storage-connection-string>",
        "ConnectionStrings:Db": "x",
        "ConnectionStrings:Other": "y",
    }
    assert local.host == HostSection(7072, "0.0.0.0", ("https://a", "https://b"), True)
    assert local.path == app.root / "local.settings.json"


def test_a_missing_is_encrypted_means_plain_text(app: AppFolder) -> None:
    assert load(app, '\ufeff{"values": {"A": "1"}}').values == {"A": "1"}


@pytest.mark.parametrize("value", ["true", '"True"'])
def test_encrypted_settings_are_refused_with_a_way_out(app: AppFolder, value: str) -> None:
    error = failure(app, f'{{\n"IsEncrypted": {value},\n"Values": {{}}}}')
    assert error.line == 2
    assert error.prop == "IsEncrypted"
    assert "encrypted" in error.reason
    assert error.hint is not None
    assert '"IsEncrypted": false' in error.hint


def test_scalars_become_the_text_that_stands_there(app: AppFolder) -> None:
    local = load(app, '{"Values": {"a": true, "b": 1.50, "c": 7, "d": "", "e": 1e3}}')
    assert local.values == {"a": "true", "b": "1.50", "c": "7", "d": "", "e": "1e3"}


def test_null_and_empty_names_are_skipped_with_a_notice(app: AppFolder) -> None:
    local = load(app, '{"Values": {"a": null, "": "x", "b": "1"}}')
    assert local.values == {"b": "1"}
    assert local.notices == ("Skipping 'a' because value is null", "Skipping local setting with empty key.")


@pytest.mark.parametrize(
    ("text", "line", "prop", "part"),
    [
        ('{"Values": {\n"a": {"b": 1}}}', 2, "Values.a", "not an object"),
        ('{"Values": {\n"a": [1]}}', 2, "Values.a", "not a list"),
        ('{"Values": {\n"a": "\\u0000"}}', 2, "Values.a", "NUL"),
        ('{"Values": {\n"a=b": "1"}}', 2, "Values.a=b", "'='"),
        ('{\n"Values": ["a"]}', 2, "Values", "must be an object"),
        ('{\n"IsEncrypted": "no"}', 2, "IsEncrypted", "neither true nor false"),
        ('{"Host": {\n"LocalHttpPort": 70000}}', 2, "Host.LocalHttpPort", "must be 0 to 65535"),
        ('{"Host": {\n"LocalHttpPort": "http"}}', 2, "Host.LocalHttpPort", "'http' is not a whole number"),
        ('{"Host": {\n"CORS": {"a": 1}}}', 2, "Host.CORS", "not a text"),
        ('{"ConnectionStrings": {\n"a": {"ProviderName": "x"}}}', 2, "ConnectionStrings.a", "no 'ConnectionString'"),
        ('{"ConnectionStrings": {\n"a": [1]}}', 2, "ConnectionStrings.a", "not a list"),
        ('{\n"Values": {"a": "1"\n"b": "2"}}', 3, None, "not valid JSON"),
        ('{"Values": {"a": "1",\n"a": "2"}}', 2, "Values.a", "second time"),
    ],
)
def test_wrong_entries_name_line_and_property(app: AppFolder, text: str, line: int, prop: str, part: str) -> None:
    error = failure(app, text)
    assert (error.line, error.prop) == (line, prop)
    assert part in error.reason


def test_cors_may_be_a_list_or_a_star(app: AppFolder) -> None:
    assert load(app, '{"Host": {"CORS": ["https://a", " ", "https://b"]}}').host.cors == ("https://a", "https://b")
    assert load(app, '{"Host": {"CORS": "*"}}').host.cors == ("*",)
    assert load(app, '{"Host": {"CORS": ""}}').host.cors == ()


def test_existing_variables_win_unless_they_are_empty() -> None:
    local = LocalSettings({"A": "file", "B": "file", "C": "file", "x:y": "file"}, notices=("first",))
    merged, notices = merge_environment(local, {"A": "shell", "B": "", "x__y": "shell", "D": "shell"})
    assert merged == {"A": "shell", "B": "file", "C": "file", "D": "shell", "x__y": "shell"}
    assert notices == (
        "first",
        "Skipping 'A' from local settings as it's already defined in current environment variables.",
        "Skipping 'x:y' from local settings as it's already defined in current environment variables.",
    )
