from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from funchost.app.function_app import RetryPolicy
from funchost.app.host_json import HostConfig
from funchost.errors import ConfigError, SettingError
from tests.unit.app.app_folder import AppFolder


def load(app: AppFolder, content: Mapping[str, object], environ: Mapping[str, str] | None = None) -> HostConfig:
    app.write("host.json", json.dumps({"version": "2.0", **content}, indent=1))
    return app.host(environ)


def failure(app: AppFolder, text: str) -> ConfigError:
    app.write("host.json", text)
    with pytest.raises(ConfigError) as caught:
        app.host()
    return caught.value


def test_without_a_file_the_defaults_hold_and_nothing_is_written(app: AppFolder) -> None:
    config = app.host()
    assert config == HostConfig()
    assert config.function_timeout == 1800
    assert config.http.route_prefix == "api"
    assert config.source is None
    assert list(app.root.iterdir()) == []


def test_an_empty_object_means_the_defaults(app: AppFolder) -> None:
    path = app.write("host.json", "{}")
    assert app.host().function_timeout == 1800
    assert path.read_text() == "{}"


def test_the_guides_file_loads(app: AppFolder) -> None:
    config = load(
        app,
        {
            "extensions": {
                "http": {"routePrefix": "/v1/", "maxOutstandingRequests": "20", "maxConcurrentRequests": 10}
            },
            "functionTimeout": "00:05:00",
            "logging": {"logLevel": {"default": "warning", "Function.MyFn": "DEBUG"}, "applicationInsights": {"x": 1}},
            "watchDirectories": ["shared"],
            "watchFiles": ["settings.yaml"],
            "fileWatchingEnabled": "false",
            "functions": ["A", "b"],
            "extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.*, 5.0.0)"},
            "whatever": {"unknown": [1]},
        },
    )
    assert config.http.route_prefix == "v1"
    assert config.http.max_outstanding_requests == 20
    assert config.http.max_concurrent_requests == 10
    assert config.function_timeout == 300
    assert config.logging.levels == {"default": "Warning", "Function.MyFn": "Debug"}
    assert config.watch_directories == ("shared",)
    assert config.watch_files == ("settings.yaml",)
    assert not config.file_watching
    assert config.functions == ("A", "b")
    assert config.extension_bundle == ("Microsoft.Azure.Functions.ExtensionBundle", "[4.*, 5.0.0)")
    assert config.raw["whatever"] == {"unknown": [1]}
    assert config.source == app.root / "host.json"


def test_names_of_properties_ignore_case(app: AppFolder) -> None:
    app.write(
        "host.json", '{"VERSION": "2.0", "FunctionTimeout": "00:01:00", "Extensions": {"HTTP": {"ROUTEPREFIX": ""}}}'
    )
    config = app.host()
    assert config.function_timeout == 60
    assert config.http.route_prefix == ""


def test_null_means_not_given(app: AppFolder) -> None:
    config = load(app, {"functionTimeout": None, "functions": None, "extensions": {"http": {"routePrefix": None}}})
    assert (config.function_timeout, config.functions, config.http.route_prefix) == (1800, None, "api")


def test_no_limit_is_minus_one(app: AppFolder) -> None:
    config = load(app, {"functionTimeout": "-1", "extensions": {"http": {"maxOutstandingRequests": -1}}})
    assert config.function_timeout is None
    assert config.http.max_outstanding_requests is None


def test_a_missing_version_is_named(app: AppFolder) -> None:
    error = failure(app, '{\n"functionTimeout": "00:01:00"}')
    assert "The host.json file is missing the required 'version' property." in error.reason
    assert error.prop == "version"


@pytest.mark.parametrize(("version", "schema"), [("3.0", True), ("1.0", False), ("2", False), (2, False)])
def test_another_version_is_refused(app: AppFolder, version: object, schema: bool) -> None:
    error = failure(app, json.dumps({"version": version}))
    assert f"'{version}' is an invalid value for host.json 'version' property." in error.reason
    assert ("not of the runtime" in error.reason) is schema


def test_a_file_that_is_no_json_names_file_and_line(app: AppFolder) -> None:
    error = failure(app, '{\n "version": "2.0"\n "x": 1}')
    assert error.reason.startswith(f"Unable to parse host configuration file '{app.root / 'host.json'}'.")
    assert error.line == 3


def test_a_property_in_two_spellings_is_refused(app: AppFolder) -> None:
    error = failure(app, '{"version": "2.0",\n"functionTimeout": "00:01:00",\n"FunctionTimeout": "00:02:00"}')
    assert error.line == 3
    assert "see 'functionTimeout'" in error.reason


@pytest.mark.parametrize(
    ("prop", "value", "part"),
    [
        ("functionTimeout", "00:00:00", "FunctionTimeout must be greater than 00:00:01"),
        ("functionTimeout", "300", "'300' is not a time span; write hh:mm:ss"),
        ("functionTimeout", {"a": 1}, "must be one value, not an object"),
        ("functions", "A", "must be a list"),
        ("functions", [["A"]], "not a list"),
        ("watchFiles", {"a": {}}, ""),
        ("fileWatchingEnabled", "maybe", "neither true nor false"),
        ("extensions.http.routePrefix", ["api"], "not a list"),
        ("extensions.http.routePrefix", "a//b", "two slashes"),
        ("extensions.http.maxOutstandingRequests", 0, "0 is out of range; it must be 1 or more, or -1 for no limit"),
        ("extensions.http.maxConcurrentRequests", "many", "'many' is not a whole number"),
        ("extensions.http.customHeaders.Bad Name", "x", "'Bad Name' is not a valid header name"),
        ("extensions.http.customHeaders.X-A", "a\r\nSet-Cookie: b", "cannot hold control characters"),
        ("extensions.http.customHeaders.X-A", "ä", "must be ASCII"),
        ("extensions.http.hsts.maxAge", "-5", "less than zero"),
        ("extensions.queues.batchSize", 33, "33 is out of range; it must be 1 to 32"),
        ("extensions.queues.maxPollingInterval", "00:00:00.05", "at least 00:00:00.1000000"),
        ("extensions.blobs.poisonBlobThreshold", 0, "0 is out of range"),
        ("extensions.queues", [], "must be an object, not a list"),
        ("singleton.lockPeriod", "00:02:00", "00:01:00 at most"),
        ("aggregator.batchSize", 10_001, "1 to 10000"),
        ("healthMonitor.counterThreshold", 1.5, "between 0 and 1"),
        ("concurrency.cpuThreshold", 1, "between 0 and 1"),
        ("telemetryMode", "None", "none of ApplicationInsights, OpenTelemetry"),
        ("logging.logLevel.default", "Verbose", "'Verbose' is none of Trace, Debug, Information"),
        ("logging.logLevel", "Debug", "must be an object"),
        ("logging.fileLoggingMode", "sometimes", "none of never, always, debugOnly"),
        ("extensionBundle", {"id": "x"}, "The value of version property in extensionBundle section"),
        ("extensionBundle", {"version": "[4.*, 5.0.0)"}, "The value of id property in extensionBundle section"),
        ("extensionBundle", {"id": "x", "version": "newest"}, "The value of version property"),
        ("retry", {"strategy": "fixedDelay"}, "no 'maxRetryCount'"),
        ("retry", "often", "must be an object"),
    ],
)
def test_a_wrong_value_names_its_line_and_property(app: AppFolder, prop: str, value: object, part: str) -> None:
    if not part:
        load(app, {prop: value})
        return
    names = prop.split(".")
    content = value
    for name in reversed(names):
        content = {name: content}
    error = failure(app, json.dumps({"version": "2.0", **dict(content)}, indent=1))  # type: ignore[call-overload]
    assert part in error.reason
    assert error.prop is not None
    assert error.prop.startswith(prop)
    assert error.line is not None
    assert error.line >= 2 + len(names)


def test_custom_headers_and_hsts(app: AppFolder) -> None:
    hsts = {"isEnabled": True, "maxAge": "1.00:00:00", "includeSubDomains": True, "excludedHosts": ["Example.com"]}
    config = load(app, {"extensions": {"http": {"customHeaders": {"X-Frame-Options": "DENY", "X-N": 1}, "hsts": hsts}}})
    assert config.http.custom_headers == {"X-Frame-Options": "DENY", "X-N": "1"}
    assert config.http.hsts is not None
    assert config.http.hsts.max_age == 86_400
    assert config.http.hsts.include_subdomains
    assert not config.http.hsts.preload
    assert config.http.hsts.excluded_hosts == ("localhost", "127.0.0.1", "[::1]", "example.com")


@pytest.mark.parametrize(("age", "seconds"), [(10, 10), ("10", 10), ("00:10:00", 600), (0, 0)])
def test_hsts_age_is_seconds_or_a_time_span(app: AppFolder, age: object, seconds: int) -> None:
    config = load(app, {"extensions": {"http": {"hsts": {"isEnabled": "true", "maxAge": age}}}})
    assert config.http.hsts is not None
    assert config.http.hsts.max_age == seconds


def test_hsts_is_off_unless_enabled(app: AppFolder) -> None:
    assert load(app, {"extensions": {"http": {"hsts": {"maxAge": 5}}}}).http.hsts is None


@pytest.mark.parametrize("version", ["[4.*, 5.0.0)", "[1.*,2.0.0)", "(1.0,]", "[,2.0]", "4.*", "[4.5.0]", "1.2.3"])
def test_bundle_version_ranges(app: AppFolder, version: str) -> None:
    assert load(app, {"extensionBundle": {"id": "x", "version": version}}).extension_bundle == ("x", version)


def test_the_apps_retry_policy(app: AppFolder) -> None:
    retry = {"strategy": "fixedDelay", "maxRetryCount": 2, "delayInterval": "00:00:03"}
    assert load(app, {"retry": retry}).retry == RetryPolicy(2, fixed_delay=3)


def test_settings_override_the_file(app: AppFolder) -> None:
    config = load(
        app,
        {
            "functionTimeout": "00:01:00",
            "functions": ["a", "b"],
            "extensions": {"http": {"routePrefix": "x", "maxConcurrentRequests": 5}},
        },
        {
            "AzureFunctionsJobHost__functionTimeout": "00:02:00",
            "azurefunctionsjobhost__EXTENSIONS__Http__RoutePrefix": "",
            "AzureFunctionsJobHost:extensions:http:customHeaders:X-A": "1",
            "AzureFunctionsJobHost__functions__1": "c",
            "AzureFunctionsJobHost__functions__7": "d",
            "AzureFunctionsJobHost__logging__logLevel__default": "Error",
            "AzureFunctionsJobHost__logging__logLevel__Function__MyFn": "Debug",
            "AzureFunctionsJobHost__logging__logLevel__Function.Other": "Trace",
            "AzureFunctionsJobHost__retry__strategy": "fixedDelay",
            "AzureFunctionsJobHost__retry__maxRetryCount": "1",
            "AzureFunctionsJobHost__retry__delayInterval": "00:00:01",
            "AzureFunctionsJobHost": "ignored",
            "AzureFunctionsJobHostess__functionTimeout": "ignored",
            "AzureFunctionsJobHost____x": "ignored",
        },
    )
    assert config.function_timeout == 120
    assert config.http.route_prefix == ""
    assert config.http.max_concurrent_requests == 5
    assert config.http.custom_headers == {"X-A": "1"}
    assert config.functions == ("a", "c", "d")
    assert config.logging.levels == {"default": "Error", "Function.MyFn": "Debug", "Function.Other": "Trace"}
    assert config.retry == RetryPolicy(1, fixed_delay=1)
    assert config.raw["functions"] == ["a", "c", "d"]


def test_settings_override_without_a_file(app: AppFolder) -> None:
    environ = {"AzureFunctionsJobHost__functions__0": "only", "AzureFunctionsJobHost__logging__logLevel__X": "None"}
    config = app.host(environ)
    assert config.functions == ("only",)
    assert config.logging.levels == {"X": "None"}
    assert config.raw["functions"] == ["only"]


def test_a_category_and_one_below_it_can_both_have_a_level(app: AppFolder) -> None:
    config = load(
        app,
        {"logging": {"logLevel": {"Function": "Warning"}}},
        {"AzureFunctionsJobHost__logging__logLevel__Function__MyFn": "Debug"},
    )
    assert config.logging.levels == {"Function": "Warning", "Function.MyFn": "Debug"}


def test_a_wrong_override_names_the_setting(app: AppFolder) -> None:
    with pytest.raises(SettingError) as caught:
        load(app, {}, {"azurefunctionsjobhost:functionTimeout": "soon"})
    assert caught.value.name == "azurefunctionsjobhost:functionTimeout"
    assert "'soon' is not a time span" in caught.value.message


def test_an_empty_override_takes_the_value_away(app: AppFolder) -> None:
    environ = {"AzureFunctionsJobHost__functionTimeout": "", "AzureFunctionsJobHost__extensions__http__routePrefix": ""}
    config = load(app, {"functionTimeout": "00:01:00"}, environ)
    assert (config.function_timeout, config.http.route_prefix) == (1800, "")


def test_a_missing_part_of_an_override_is_named(app: AppFolder) -> None:
    with pytest.raises(SettingError, match="AzureFunctionsJobHost__extensionBundle__id"):
        app.host({"AzureFunctionsJobHost__extensionBundle__version": "[4.*, 5.0.0)"})


def test_custom_handlers_are_mentioned(app: AppFolder) -> None:
    notices = load(app, {"customHandler": {"description": {"defaultExecutablePath": "x"}}}).notices
    assert notices == ("host.json: customHandler has no effect, this host runs Python functions.",)


def test_a_file_that_cannot_be_read_is_an_error(app: AppFolder) -> None:
    (app.root / "host.json").symlink_to(Path("missing.json"))
    with pytest.raises(ConfigError, match=r"host\.json.*does not exist"):
        app.host()
