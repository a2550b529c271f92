"""Apps that declare their functions with decorators."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing import HostProcess
from tests.compat.app_folders import APPS


@pytest.fixture(scope="module")
def basic() -> Iterator[HostProcess]:
    with HostProcess(APPS / "decorators_basic") as host:
        yield host


def test_the_route_is_the_functions_name_by_default(basic: HostProcess) -> None:
    assert basic.get("/api/hello?name=Ada").text == "Hello Ada"


def test_function_name_route_methods_and_context(basic: HostProcess) -> None:
    folder = str(APPS / "decorators_basic")
    assert basic.get("/api/other/7").json() == ["Renamed", folder, "GET", "7"]
    assert basic.post("/api/other/7").json() == ["Renamed", folder, "POST", "7"]
    assert basic.request("PUT", "/api/other/7").status == 404


def test_an_out_parameter_in_place_of_the_return_value(basic: HostProcess) -> None:
    answer = basic.get("/api/out")
    assert (answer.status, answer.text) == (202, "from an out parameter")


def test_a_route_function_that_returns_nothing_is_204(basic: HostProcess) -> None:
    assert basic.get("/api/nothing").status == 204


def test_the_console_lists_routes_and_methods(basic: HostProcess) -> None:
    port = basic.url.rpartition(":")[2]
    basic.wait_for_line(rf"^\tRenamed: \[GET,POST\] http://localhost:{port}/api/other/\{{id\}}$")


def test_blueprints_of_other_modules() -> None:
    with HostProcess(APPS / "decorators_blueprint") as host:
        assert host.get("/api/own").text == "of the app"
        assert host.get("/api/status").text == "of a blueprint"
        folder = APPS / "decorators_blueprint" / "orders"
        assert host.get("/api/orders/7").text == f"order 7 in {folder}"


def test_two_apps_in_one_file_are_an_error_that_says_so() -> None:
    with HostProcess(APPS / "decorators_two_apps", state=None) as host:
        host.wait_for_line("More than one FunctionApp or other top level function app instances are defined")
        assert host.get("/api/hello").status != 200
        assert "More than one FunctionApp" in json.dumps(host.status())


def test_another_file_name_by_setting() -> None:
    with HostProcess(APPS / "decorators_script_name") as host:
        assert host.get("/api/hello").text == "from main_app"


def test_generic_trigger_and_binding() -> None:
    with HostProcess(APPS / "decorators_generic") as host:
        answer = host.get("/api/generic/7")
        assert (answer.status, answer.text) == (203, "generic 7")
        assert host.post("/api/generic/7").status == 404
        assert host.get("/api/with_out").text == "set on an out parameter"


@pytest.mark.parametrize("app", ["decorators_warm_up", "warm_up"])
def test_the_warm_up_function_runs_once(app: str) -> None:
    state = "/api/state"
    with HostProcess(APPS / app) as host:
        assert host.get(state).text == "0 warm-up"
        assert host.get("/admin/warmup").status == 200
        assert host.get(state).text == "1 warm-up"
        assert host.get("/admin/warmup").status == 200
        assert host.get(state).text == "1 warm-up"


def test_retries_of_a_decorated_function() -> None:
    with HostProcess(APPS / "decorators_retry") as host:
        assert host.get("/api/twice").json() == [2, 2]
        start = len(host.lines)
        assert host.get("/api/always").status == 500
        host.wait_for_line("no luck", start=start)


def test_auth_levels_are_not_enforced_on_the_developers_machine() -> None:
    with HostProcess(APPS / "decorators_auth_level") as host:
        for route, text in (("of_the_app", "function"), ("open", "anonymous"), ("internal", "admin")):
            assert host.get(f"/api/{route}").text == f"{text} level"


def test_auth_levels_with_keys(tmp_path: Path) -> None:
    def key(name: str, value: str) -> dict[str, object]:
        return {"name": name, "value": value, "encrypted": False}

    host_keys = {
        "masterKey": key("master", "the-master"),
        "functionKeys": [key("default", "the-host")],
        "systemKeys": [],
    }
    (tmp_path / "host.json").write_text(json.dumps(host_keys))
    (tmp_path / "of_the_app.json").write_text(json.dumps({"keys": [key("default", "its-own")]}))
    (tmp_path / "closed.json").write_text(json.dumps({"keys": [key("default", "other")]}))
    env = {"FUNCTIONS_SECRETS_PATH": str(tmp_path)}
    with HostProcess(APPS / "decorators_auth_level", "--enable-auth", env=env, admin_key="the-master") as host:

        def status(route: str, key: str | None) -> int:
            by_query = host.get(f"/api/{route}" + (f"?code={key}" if key else "")).status
            by_header = host.get(f"/api/{route}", headers={"x-functions-key": key} if key else {}).status
            assert by_query == by_header
            return by_query

        assert [status("of_the_app", key) for key in (None, "wrong", "other", "its-own", "the-host", "the-master")] == [
            401,
            401,
            401,
            200,
            200,
            200,
        ]
        assert [status("open", key) for key in (None, "wrong")] == [200, 200]
        assert [status("internal", key) for key in (None, "its-own", "the-host", "the-master")] == [401, 401, 401, 200]
        refused = host.get("/api/of_the_app")
        assert (refused.body, refused.headers["www-authenticate"]) == (b"", None)
