from __future__ import annotations

from pathlib import Path

import pytest

from funchost.deploy.build.environment import BuildEnvironment, build_environment, command_setting

WORK, CACHE = Path("/scratch/build-1"), Path("/cache/nobody")


def made(server: dict[str, str], settings: dict[str, str]) -> BuildEnvironment:
    return build_environment(server, settings, WORK, CACHE)


def test_of_the_server_only_path_language_proxies_and_certificates_reach_a_build() -> None:
    passed = {
        "PATH": "/bin",
        "LANG": "C.UTF-8",
        "https_proxy": "http://proxy:3128",
        "NO_PROXY": "localhost",
        "SSL_CERT_FILE": "/etc/ca.pem",
        "REQUESTS_CA_BUNDLE": "/etc/ca.pem",
    }
    kept_back = {
        "HOME": "/root",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "FUNCHOST_TOKEN": "secret",
        "PYTHONPATH": "/x",
        "VIRTUAL_ENV": "/x",
        "LD_PRELOAD": "/x.so",
        "PIP_INDEX_URL": "https://user:secret@index/simple",
        "SSH_AUTH_SOCK": "/run/agent",
    }

    variables = made({**passed, **kept_back}, {}).variables

    assert passed.items() <= variables.items()
    assert variables.keys() & kept_back.keys() == {"HOME"}
    assert not [name for name, value in variables.items() if "secret" in value]


def test_app_settings_that_say_where_packages_come_from_reach_a_build() -> None:
    settings = {
        "PIP_INDEX_URL": "https://index/simple",
        "pip_extra_index_url": "https://extra/simple",
        "UV_INDEX_OWN_PASSWORD": "p",
        "UV_INDEX_STRATEGY": "first-index",
    }

    environment = made({"PATH": "/bin"}, settings)

    assert {name.upper(): value for name, value in settings.items()}.items() <= environment.variables.items()
    assert environment.unused == ()


def test_other_app_settings_do_not_reach_a_build() -> None:
    settings = {
        "AzureWebJobsStorage": "AccountKey=secret",
        "MY_PASSWORD": "secret",
        "PATH": "/evil",
        "PYTHONPATH": "/x",
    }

    environment = made({"PATH": "/bin"}, settings)

    assert environment.variables["PATH"] == "/bin"
    assert not environment.variables.keys() & {"AzureWebJobsStorage", "MY_PASSWORD", "PYTHONPATH"}
    assert environment.unused == ()


@pytest.mark.parametrize(
    "name",
    [
        "UV_CACHE_DIR",
        "UV_LINK_MODE",
        "UV_PYTHON",
        "UV_TARGET",
        "UV_CONFIG_FILE",
        "PIP_TARGET",
        "PIP_CACHE_DIR",
        "PIP_USER",
        "CUSTOM_REQUIREMENTSTXT_PATH",
    ],
)
def test_settings_that_say_where_files_go_or_what_runs_are_named_as_unused(name: str) -> None:
    environment = made({}, {name: "/elsewhere"})

    assert environment.unused == (name,)
    assert environment.variables.get(name) != "/elsewhere"


def test_a_build_has_its_own_home_and_temporary_folder_and_copies_out_of_the_cache() -> None:
    variables = made({"HOME": "/root", "TMPDIR": "/servers/own"}, {}).variables

    assert variables["HOME"] == "/scratch/build-1/home"
    assert variables["TMPDIR"] == "/scratch/build-1/tmp"
    assert variables["UV_CACHE_DIR"] == "/cache/nobody/uv"
    assert variables["PIP_CACHE_DIR"] == "/cache/nobody/pip"
    assert variables["UV_LINK_MODE"] == "copy"
    assert variables["UV_PYTHON_DOWNLOADS"] == "never"


def test_the_text_form_shows_no_value() -> None:
    assert "secret" not in repr(made({}, {"PIP_INDEX_URL": "https://user:secret@index/simple"}))


def test_a_command_is_found_by_its_name_in_any_case() -> None:
    assert command_setting({"pre_build_command": " make "}, "PRE_BUILD_COMMAND") == "make"
    assert command_setting({"PRE_BUILD_COMMAND": "  "}, "PRE_BUILD_COMMAND") is None
    assert command_setting({}, "PRE_BUILD_COMMAND") is None
