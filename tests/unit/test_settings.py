from __future__ import annotations

import os

import pytest

from funchost.errors import SettingError
from funchost.settings import DEFAULT_BODY_LIMIT, SettingNames, load_settings, process_environment


def test_without_settings_the_defaults_hold() -> None:
    settings = load_settings({})
    assert settings.worker_process_count == 1
    assert settings.worker_executable is None
    assert settings.worker_arguments == ()
    assert settings.script_file == "function_app.py"
    assert settings.body_limit == DEFAULT_BODY_LIMIT == 104_857_600
    assert (settings.development, settings.run_from_package) == (False, False)
    switches = (settings.homepage_disabled, settings.application_insights, settings.python_debug_logging)
    assert switches == (False, False, False)


def test_the_process_environment_is_copied() -> None:
    assert process_environment() == dict(os.environ)


def test_workers_get_all_settings() -> None:
    environ = {"A": "1", "b": ""}
    assert load_settings(environ).environment == environ


@pytest.mark.parametrize(
    ("text", "count"), [("1", 1), ("10", 10), (" 3 ", 3), ("", 1), ("0", 1), ("-5", 1), ("+2", 2), ("007", 7)]
)
def test_process_count_is_read(text: str, count: int) -> None:
    assert load_settings({"FUNCTIONS_WORKER_PROCESS_COUNT": text}).worker_process_count == count


@pytest.mark.parametrize("text", ["11", "1000000000000000000", "two", "1.5", "1_0", "\u0663", "1e1"])
def test_a_process_count_that_cannot_be_names_the_setting(text: str) -> None:
    with pytest.raises(SettingError) as caught:
        load_settings({"functions_worker_process_count": text})
    assert caught.value.name == "functions_worker_process_count"
    assert text in caught.value.message


def test_body_limit_is_a_number_of_bytes() -> None:
    assert load_settings({"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "2048"}).body_limit == 2048
    for text in ("0", "-1", "100MB"):
        with pytest.raises(SettingError, match="FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"):
            load_settings({"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": text})


@pytest.mark.parametrize("separator", ["__", ":"])
def test_the_workers_python_is_named_with_either_separator(separator: str) -> None:
    names = {
        separator.join(("languageWorkers", "python", "defaultExecutablePath")): "/usr/bin/python3.9",
        separator.join(("LANGUAGEWORKERS", "python", "arguments")): "-X dev -W 'error::Deprecation Warning'",
    }
    settings = load_settings(names)
    assert settings.worker_executable == "/usr/bin/python3.9"
    assert settings.worker_arguments == ("-X", "dev", "-W", "error::Deprecation Warning")


def test_worker_arguments_may_be_a_list() -> None:
    name = "languageWorkers__python__arguments"
    settings = load_settings({f"{name}__10": "c", f"{name}__2": "b", f"{name}__1": "-m a"})
    assert settings.worker_arguments == ("-m", "a", "b", "c")


def test_worker_arguments_with_an_open_quote_name_the_setting() -> None:
    with pytest.raises(SettingError, match="languageWorkers:python:arguments: .* cannot be split"):
        load_settings({"languageWorkers:python:arguments": "-c 'oops"})


@pytest.mark.parametrize("text", ["Development", "DEVELOPMENT", " development "])
def test_development_is_recognised_in_any_case(text: str) -> None:
    assert load_settings({"AZURE_FUNCTIONS_ENVIRONMENT": text}).development
    assert not load_settings({"AZURE_FUNCTIONS_ENVIRONMENT": "Production"}).development


@pytest.mark.parametrize(("text", "expected"), [("1", True), ("https://x/y.zip", True), ("0", False), ("", False)])
def test_running_from_a_package(text: str, expected: bool) -> None:
    assert load_settings({"WEBSITE_RUN_FROM_PACKAGE": text}).run_from_package is expected


@pytest.mark.parametrize("name", ["AzureWebJobs.Fn.Disabled", "AzureWebJobs_Fn_Disabled", "AZUREWEBJOBS.FN.DISABLED"])
@pytest.mark.parametrize(("text", "expected"), [("1", True), ("True", True), ("0", False), ("no", False), ("", False)])
def test_a_function_is_disabled_by_a_setting(name: str, text: str, expected: bool) -> None:
    settings = load_settings({name: text})
    assert settings.is_disabled("Fn") is expected
    assert not settings.is_disabled("Other")


def test_other_settings_of_the_host() -> None:
    settings = load_settings(
        {
            "PYTHON_SCRIPT_FILE_NAME": "main.py",
            "FUNCTIONS_SECRETS_PATH": "/keys",
            "AzureWebJobsDisableHomepage": "TRUE",
            "azurefunctionswebhost:hostid": "mine",
            "APPLICATIONINSIGHTS_CONNECTION_STRING": "x",
            "PYTHON_ENABLE_DEBUG_LOGGING": "1",
        }
    )
    assert settings.script_file == "main.py"
    assert settings.secrets_path == "/keys"
    assert settings.homepage_disabled
    assert settings.host_id == "mine"
    assert settings.application_insights
    assert settings.python_debug_logging


def test_the_exact_spelling_of_a_name_wins() -> None:
    names = SettingNames({"a__b": "exact", "A:B": "other"})
    assert names.get("a__b") == "exact"
    assert names.get("a__B") == "other"
    assert names.spelling("a__B") == "A:B"
    assert names.get("c") is None


@pytest.mark.parametrize(
    ("text", "ports"),
    [("", None), (" 0 ", (0, 0, 0)), ("20000, 20001,20002", (20000, 20001, 20002)), ("1,0,3", (1, 0, 3))],
)
def test_ports_of_the_store_are_none_all_free_or_three(text: str, ports: tuple[int, int, int] | None) -> None:
    assert load_settings({"FUNCHOST_STORAGE_PORTS": text}).storage_ports == ports


@pytest.mark.parametrize("text", ["10000", "1,2", "1,2,3,4", "a,b,c", "1,2,70000", "1,,3", "-1,2,3"])
def test_ports_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(SettingError, match="FUNCHOST_STORAGE_PORTS"):
        load_settings({"FUNCHOST_STORAGE_PORTS": text})
