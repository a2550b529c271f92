from __future__ import annotations

import os
from pathlib import Path

import pytest

from funchost.app.function_app import FunctionApp, Model, RetryPolicy
from funchost.app.indexed import AppIndex, LoadError
from funchost.errors import ConfigError
from tests.unit.app.app_folder import HTTP_OUTPUT, HTTP_TRIGGER, AppFolder


def names(app: FunctionApp) -> list[str]:
    return [function.name for function in app.functions]


def test_folders_with_function_json_are_functions_sorted_by_name(app: AppFolder) -> None:
    for name in ("beta", "Alpha", "gamma_1", "delta-2"):
        app.function(name)
    app.write("shared_code/x.py")
    app.write("deep/inside/function.json", "{}")
    app.write("function.json", "{}")
    found = app.discover()
    assert names(found) == ["Alpha", "beta", "delta-2", "gamma_1"]
    assert found.errors == {}
    assert found.model is Model.FUNCTION_JSON
    assert found.warnings == ()


def test_a_function_has_what_function_json_says(app: AppFolder) -> None:
    path = app.write(
        "Fn/function.json",
        """{ // the guide's
          "ScriptFile": "main.py",
          "entryPoint": "customentry",
          "disabled": true,
          "retry": {"strategy": "fixedDelay", "maxRetryCount": "2", "delayInterval": "00:00:01"},
          "bindings": [
            {"type": "httpTrigger", "direction": "in", "name": "req", "methods": ["get",], "route": "items/{id}"},
            {"type": "http", "direction": "out", "name": "$return"},
          ]
        }""",
    )
    app.write("Fn/main.py")
    (function,) = app.discover().functions
    assert function.name == "Fn"
    assert function.directory == app.root / "Fn"
    assert function.script_file == app.root / "Fn/main.py"
    assert function.entry_point == "customentry"
    assert function.source == path
    assert function.retry == RetryPolicy(2, fixed_delay=1)
    assert not function.disabled
    assert function.is_http
    assert function.http_output == "$return"
    assert function.trigger.properties == {"methods": ["GET"], "route": "items/{id}"}
    assert function.config["ScriptFile"] == "main.py"


def test_the_apps_retry_policy_is_the_default(app: AppFolder) -> None:
    app.function("Own", retry={"strategy": "fixedDelay", "maxRetryCount": 1, "delayInterval": "00:00:01"})
    app.function("Other")
    app.write(
        "host.json",
        '{"version": "2.0", "retry": {"strategy": "fixedDelay", "maxRetryCount": 5, "delayInterval": "00:00:09"}}',
    )
    found = app.discover()
    assert found.by_name["own"].retry == RetryPolicy(1, fixed_delay=1)
    assert found.by_name["other"].retry == RetryPolicy(5, fixed_delay=9)


def test_one_broken_function_leaves_the_others(app: AppFolder) -> None:
    app.function("Good")
    path = app.write("Bad/function.json", '{\n "bindings": [\n  {"type": "httpTrigger" "name": "req"}\n ]\n}')
    found = app.discover()
    assert names(found) == ["Good"]
    error = found.errors["Bad"]
    assert (error.function, error.path, error.line) == ("Bad", path, 3)
    assert error.message.startswith("Error parsing function.json: The file is not valid JSON: expecting ',' delimiter")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("{}", 1, "At least one binding must be declared."),
        ('{\n"bindings": []}', 2, "At least one binding must be declared."),
        ('{\n"bindings": null}', 2, "At least one binding must be declared."),
        ('{\n"bindings": {"a": 1}}', 2, "Error parsing function.json: 'bindings' must be a list, not"),
        ('{"bindings": [\n"x"]}', 2, "Error parsing function.json: A binding must be an object, not 'x'."),
        (
            '{"bindings": [\n{"type": "http", "direction": "out", "name": "a"}]}',
            1,
            "No trigger binding specified. A function must have a trigger input binding.",
        ),
        (
            '{"bindings": [{"type": "httpTrigger", "name": "a"},\n{"type": "timerTrigger", "name": "b"}]}',
            2,
            "Multiple trigger bindings defined. A function can only have a single trigger binding.",
        ),
        (
            '{"bindings": [{"type": "httpTrigger", "name": "a"},\n{"type": "http", "direction": "out",\n"name": "a"}]}',
            3,
            "Multiple bindings with name 'a' discovered. Binding names must be unique.",
        ),
        ('{\n"configurationSource": "code"}', 2, "Illegal value 'code' for 'configurationSource' property in Fn'."),
        (
            '{\n"scriptFile": ["a"]}',
            2,
            "Error parsing function.json: Invalid value specified for property 'scriptFile'.",
        ),
        ('{"bindings": [],\n"Bindings": []}', 2, "Error parsing function.json: It has both 'bindings' and 'Bindings'"),
        ("", 1, "Error parsing function.json: The file is empty."),
        ("[]", 1, "Error parsing function.json: The file must hold a JSON object, not a list."),
    ],
)
def test_a_wrong_declaration_is_an_error_of_that_function(app: AppFolder, text: str, line: int, message: str) -> None:
    app.write("Fn/__init__.py")
    path = app.write("Fn/function.json", text)
    found = app.discover()
    assert found.functions == ()
    assert found.errors["Fn"].message.startswith(message)
    assert (found.errors["Fn"].path, found.errors["Fn"].line) == (path, line)
    assert found.model is Model.FUNCTION_JSON


def test_a_function_whose_trigger_is_known_is_listed_although_it_cannot_run(app: AppFolder) -> None:
    app.function("NoScript", scriptFile="gone.py")
    app.function("BadRetry", retry={"strategy": "never"})
    app.function("BadType", HTTP_TRIGGER, {"type": "magic", "name": "m"})
    app.function("BadSetting", HTTP_TRIGGER, {"type": "queue", "name": "q", "direction": "out", "queueName": "%Q%"})
    found = app.discover()
    assert names(found) == ["BadRetry", "BadSetting", "BadType", "NoScript"]
    assert sorted(found.errors) == names(found)
    assert "does not exist" in found.errors["NoScript"].message
    assert found.errors["NoScript"].line == 2
    assert found.errors["BadRetry"].message.startswith("retry.strategy: 'never' is not a retry strategy")
    assert found.errors["BadType"].message.startswith("The binding type(s) 'magic' are not registered.")
    assert found.errors["BadSetting"].message.startswith("'%Q%' does not resolve to a value.")
    assert "'queueName' of the binding 'q'" in found.errors["BadSetting"].message


@pytest.mark.parametrize("name", ["my.func", "my func", "functión", "1st", "host", "_x", "a" * 129])
def test_odd_folder_names_are_no_function_names(app: AppFolder, name: str) -> None:
    app.function(name)
    app.function("Good")
    found = app.discover()
    assert names(found) == ["Good"]
    assert found.errors[name].message.startswith(f"'{name}' is not a valid function name.")


def test_a_folder_name_that_is_not_utf_8_is_shown_escaped(app: AppFolder) -> None:
    folder = os.path.join(os.fsencode(app.root), b"fn\xff")
    os.mkdir(folder)
    Path(os.fsdecode(os.path.join(folder, b"function.json"))).write_text("{}")
    (error,) = app.discover().errors.values()
    assert error.message.startswith("'fn\\udcff' is not a valid function name.")
    assert error.path is None


def test_of_names_that_differ_only_in_case_the_later_is_in_error(app: AppFolder) -> None:
    for name in ("func", "Func", "FUNC", "other"):
        app.function(name)
    found = app.discover()
    assert names(found) == ["FUNC", "other"]
    assert sorted(found.errors) == ["Func", "func"]
    assert found.errors["func"].message.startswith(
        "The function or proxy name 'func' must be unique within the function app."
    )


def test_links_that_leave_the_app_are_errors(app: AppFolder) -> None:
    outside = AppFolder(app.root.parent / "outside")
    outside.function("Fn")
    (app.root / "Linked").symlink_to(outside.root / "Fn")
    (app.root / "File").mkdir()
    (app.root / "File/function.json").symlink_to(outside.root / "Fn/function.json")
    (app.root / "Dangling").mkdir()
    (app.root / "Dangling/function.json").symlink_to("gone.json")
    found = app.discover()
    assert found.functions == ()
    assert "The function's folder is a link that leaves the app folder" in found.errors["Linked"].message
    assert "The function.json is a link that leaves the app folder" in found.errors["File"].message
    assert "link to 'gone.json', which does not exist" in found.errors["Dangling"].message


def test_a_link_inside_of_the_app_is_a_function(app: AppFolder) -> None:
    app.function("Real")
    (app.root / "Other").symlink_to("Real")
    found = app.discover()
    assert names(found) == ["Other", "Real"]
    assert found.by_name["other"].script_file == app.root / "Other/__init__.py"


def test_a_link_that_leads_to_itself_does_no_harm(app: AppFolder) -> None:
    app.function("Fn")
    (app.root / "loop").symlink_to("loop")
    assert names(app.discover()) == ["Fn"]


def test_spaces_and_unicode_in_the_apps_path(tmp_path: Path) -> None:
    app = AppFolder(tmp_path / "mein Prøjekt ☃")
    app.function("Fn")
    assert names(app.discover()) == ["Fn"]


def test_a_missing_app_folder_is_an_error(app: AppFolder) -> None:
    app.root.rmdir()
    with pytest.raises(ConfigError, match="The app folder cannot be read"):
        app.discover()


def test_the_allow_list_hides_all_others(app: AppFolder) -> None:
    app.function("One")
    app.function("Two")
    app.write("Broken/function.json", "{")
    found = app.discover({"AzureFunctionsJobHost__functions__0": "two", "AzureFunctionsJobHost__functions__1": "Ten"})
    assert names(found) == ["Two"]
    assert found.errors == {}
    assert found.warnings == (
        "A function allow list has been specified, excluding all but the following functions: [two, Ten]",
        "The function allow list names functions that the app does not have: Ten",
    )


def test_settings_disable_functions_which_still_load(app: AppFolder) -> None:
    app.function("Off")
    app.function("On")
    found = app.discover({"AzureWebJobs.off.Disabled": "true"})
    assert [(f.name, f.disabled) for f in found.functions] == [("Off", True), ("On", False)]


def test_references_to_settings_are_resolved_except_in_routes(app: AppFolder) -> None:
    trigger = {**HTTP_TRIGGER, "route": "a%20b/{id}"}
    queue = {"type": "queue", "name": "q", "direction": "out", "queueName": "%Stage:Name%-q", "connection": "%Conn%"}
    app.function("Fn", trigger, queue)
    (function,) = app.discover({"STAGE__NAME": "dev", "Conn": "MyStorage"}).functions
    assert function.trigger.properties["route"] == "a%20b/{id}"
    assert function.bindings[1].properties == {"queuename": "dev-q", "connection": "MyStorage"}
    assert function.bindings[1].raw["queueName"] == "%Stage:Name%-q"


def test_triggers_without_a_listener_load_with_a_warning(app: AppFolder) -> None:
    app.function("Listen", {"type": "kafkaTrigger", "name": "event"})
    found = app.discover()
    assert names(found) == ["Listen"]
    (warning,) = found.warnings
    assert warning.startswith("function 'Listen': triggers of type kafkaTrigger are not listened to by this version;")
    assert warning.endswith("POST /admin/functions/Listen runs it")


def test_bindings_that_are_not_served_are_mentioned(app: AppFolder) -> None:
    app.function("Fn", HTTP_TRIGGER, HTTP_OUTPUT, {"type": "sql", "name": "rows"})
    assert app.discover().warnings == (
        "function 'Fn': bindings of these types are not served by this version: 'rows' (sql)",
    )


def test_strange_methods_are_mentioned(app: AppFolder) -> None:
    app.function("A", {**HTTP_TRIGGER, "methods": ["get", "GTE"]})
    app.function("B", {**HTTP_TRIGGER, "methods": []})
    assert app.discover().warnings == (
        "function 'A': 'GTE' is not one of the usual HTTP methods",
        "function 'B': its list of HTTP methods is empty, so no request reaches it",
    )


def test_another_worker_runtime_is_mentioned(app: AppFolder) -> None:
    app.function("Fn")
    (warning,) = app.discover({"FUNCTIONS_WORKER_RUNTIME": "node"}).warnings
    assert "FUNCTIONS_WORKER_RUNTIME is 'node'" in warning
    assert app.discover({"FUNCTIONS_WORKER_RUNTIME": "Python"}).warnings == ()


def test_an_empty_app_says_what_is_missing(app: AppFolder) -> None:
    found = app.discover()
    assert found.model is None
    first, second = found.warnings
    assert first.startswith("No functions were found. There is neither a function_app.py nor a sub-folder with a")
    assert str(app.root) in first
    assert second == "No job functions found. Until the app has a function every request is answered with 404."


def test_an_app_one_folder_too_high_names_the_right_one(app: AppFolder) -> None:
    app.write("src/app/host.json", "{}")
    app.write(".venv/host.json", "{}")
    app.write("node_modules/host.json", "{}")
    app.write("environment/pyvenv.cfg")
    app.write("environment/host.json", "{}")
    warning = app.discover().warnings[0]
    assert f"However, one was located at: {app.root / 'src/app/host.json'}." in warning


def test_a_misspelt_function_json_is_named(app: AppFolder) -> None:
    path = app.write("Fn/Function.json", "{}")
    if (app.root / "Fn/function.json").exists():
        pytest.skip("this file system ignores case")
    assert f"{path} is not read: the name must be written 'function.json'." in app.discover().warnings


def test_decorated_functions_become_functions(app: AppFolder) -> None:
    app.write("function_app.py")
    retry = {"strategy": "fixed_delay", "max_retry_count": "3", "delay_interval": "00:00:05"}
    found = app.decorated(app.indexed("zeta"), app.indexed("Alpha", retry=retry))
    assert names(found) == ["Alpha", "zeta"]
    assert found.model is Model.DECORATORS
    function = found.functions[0]
    assert function.model is Model.DECORATORS
    assert function.directory == app.root
    assert function.script_file == function.source == app.root / "function_app.py"
    assert function.entry_point is None
    assert function.retry == RetryPolicy(3, fixed_delay=5)
    assert function.trigger.properties == {"authlevel": "function", "route": "Alpha"}
    assert function.http_output == "$return"
    assert function.config["name"] == "Alpha"
    assert function.config["language"] == "python"


def test_decorated_functions_pass_the_same_checks(app: AppFolder) -> None:
    no_level = {"type": "httpTrigger", "name": "req", "authLevel": "x"}
    found = app.decorated(
        app.indexed("Good"),
        app.indexed("no-trigger", HTTP_OUTPUT),
        app.indexed("bad name"),
        app.indexed("Lvl", no_level),
    )
    assert names(found) == ["Good"]
    assert found.errors["no-trigger"].message.startswith("No trigger binding specified.")
    assert found.errors["no-trigger"].path == app.root / "function_app.py"
    assert found.errors["no-trigger"].line is None
    assert found.errors["bad name"].message.startswith("'bad name' is not a valid function name.")
    assert found.errors["Lvl"].message.startswith("Invalid value specified for binding property 'authLevel'")


def test_a_function_that_the_worker_could_not_build_is_in_error(app: AppFolder) -> None:
    error = LoadError("ValueError", "no trigger", "", str(app.root / "function_app.py"), 7)
    found = app.decorated(app.indexed("Bad", error=error), app.indexed("Good"))
    assert names(found) == ["Good"]
    assert found.errors["Bad"].message == "ValueError: no trigger"
    assert (found.errors["Bad"].path, found.errors["Bad"].line) == (app.root / "function_app.py", 7)


def test_a_failed_index_is_an_error_of_the_script_file(app: AppFolder) -> None:
    error = LoadError("ModuleNotFoundError", "No module named 'x'", "Traceback ...\nModuleNotFoundError: ...\n")
    found = app.decorated(error=error)
    assert found.functions == ()
    assert found.errors["function_app.py"].message == "Traceback ...\nModuleNotFoundError: ..."
    assert found.warnings == ()
    other = app.decorated(error=error, environ={"PYTHON_SCRIPT_FILE_NAME": "main.py"})
    assert list(other.errors) == ["main.py"]


def test_function_folders_of_a_decorated_app_do_not_count(app: AppFolder) -> None:
    app.function("Old")
    found = app.decorated(app.indexed("New"))
    assert names(found) == ["New"]
    (warning,) = found.warnings
    assert warning.startswith("Detected mixed function app. Some functions may not be indexed: function_app.py")
    assert warning.endswith("so these folders do not count: Old.")


def test_a_decorated_app_without_functions_says_so(app: AppFolder) -> None:
    app.write("host.json", "{}")
    assert app.decorated().warnings[0] == "No functions were found. function_app.py declares none."


def test_the_allow_list_applies_to_decorated_functions(app: AppFolder) -> None:
    error = LoadError("ValueError", "x")
    found = app.decorated(
        app.indexed("A"), app.indexed("B", error=error), environ={"AzureFunctionsJobHost__functions__0": "a"}
    )
    assert names(found) == ["A"]
    assert found.errors == {}


def test_discovery_needs_no_host_json(app: AppFolder) -> None:
    app.function("Fn")
    found = app.discover(index=AppIndex(Model.FUNCTION_JSON, (), None, "fallback", "3.6.15"))
    assert names(found) == ["Fn"]
    assert sorted(path.name for path in app.root.iterdir()) == ["Fn"]
