from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from funchost.app.local_settings import LocalSettings
from funchost.cli.app_environment import app_environment
from funchost.errors import SettingError

ROOT = Path("/srv/app")


def environment(
    values: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    port: int = 7071,
    functions: tuple[str, ...] = (),
    python: bool = False,
    json_output: bool = False,
) -> tuple[dict[str, str], tuple[str, ...]]:
    return app_environment(
        LocalSettings(values=values or {}),
        environ or {},
        root=ROOT,
        port=port,
        functions=functions,
        python=python,
        json_output=json_output,
    )


def test_what_the_tool_sets() -> None:
    assert environment() == (
        {
            "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
            "WEBSITE_HOSTNAME": "localhost:7071",
            "AzureWebJobsScriptRoot": "/srv/app",
            "FUNCTIONS_WORKER_RUNTIME": "python",
            "PYTHON_ENABLE_DEBUG_LOGGING": "1",
        },
        (),
    )


def test_local_settings_join_the_environment_which_wins() -> None:
    merged, notices = environment({"A": "file", "B": "file"}, {"A": "process", "C": "process"})
    assert (merged["A"], merged["B"], merged["C"]) == ("process", "file", "process")
    assert notices == ("Skipping 'A' from local settings as it's already defined in current environment variables.",)


def test_names_that_the_tool_sets_may_stand_in_local_settings() -> None:
    merged, notices = environment({"WEBSITE_HOSTNAME": "example.com", "AzureWebJobsScriptRoot": "/elsewhere"})
    assert merged["WEBSITE_HOSTNAME"] == "localhost:7071"
    assert merged["AzureWebJobsScriptRoot"] == "/srv/app"
    assert notices == ()


def test_other_environment_in_local_settings_is_replaced_and_said() -> None:
    merged, notices = environment({"AZURE_FUNCTIONS_ENVIRONMENT": "Production"})
    assert merged["AZURE_FUNCTIONS_ENVIRONMENT"] == "Development"
    assert notices == (
        "Skipping 'AZURE_FUNCTIONS_ENVIRONMENT' from local settings: func start sets it to Development.",
    )


def test_variables_of_the_process_are_kept() -> None:
    environ = {
        "AZURE_FUNCTIONS_ENVIRONMENT": "Production",
        "WEBSITE_HOSTNAME": "example.com",
        "PYTHON_ENABLE_DEBUG_LOGGING": "0",
    }
    merged, _ = environment(environ=environ)
    assert {name: merged[name] for name in environ} == environ


def test_free_port_is_not_guessed() -> None:
    assert "WEBSITE_HOSTNAME" not in environment(port=0)[0]


@pytest.mark.parametrize("runtime", ["python", "Python", "py", ""])
def test_python_by_any_name(runtime: str) -> None:
    assert environment({"FUNCTIONS_WORKER_RUNTIME": runtime})[0]["FUNCTIONS_WORKER_RUNTIME"] == "python"


def test_other_language_is_refused() -> None:
    with pytest.raises(SettingError, match="FUNCTIONS_WORKER_RUNTIME: 'node' is not a language that this host runs"):
        environment({"FUNCTIONS_WORKER_RUNTIME": "node"})


def test_language_flag_overrides_the_setting() -> None:
    assert environment({"FUNCTIONS_WORKER_RUNTIME": "node"}, python=True)[0]["FUNCTIONS_WORKER_RUNTIME"] == "python"


def test_functions_replace_a_list_in_the_settings() -> None:
    settings = {"AzureFunctionsJobHost__functions__0": "x", "azurefunctionsjobhost:functions:1": "y", "other": "z"}
    merged, _ = environment(settings, functions=("a",))
    assert [name for name in merged if "unctions__" in name or "functions:" in name] == [
        "AzureFunctionsJobHost__functions__0"
    ]
    assert merged["AzureFunctionsJobHost__functions__0"] == "a"
    assert merged["other"] == "z"


def test_json_output_is_told_to_the_worker() -> None:
    assert environment(json_output=True)[0]["FUNCTIONS_ENABLE_JSON_OUTPUT"] == "True"
