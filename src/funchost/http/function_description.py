"""The object that describes a function in the admin API; editors and deployment tools read it. Pure."""

from __future__ import annotations

from urllib.parse import quote

from funchost.app.function_app import Function, FunctionApp, Model
from funchost.app.validation import function_url
from funchost.http.redaction import without_secret_texts


def function_description(function: Function, app: FunctionApp, base_url: str) -> dict[str, object]:
    """Return the object of a function.

    Args:
        base_url: of this host as the caller knows it, without a slash at its end.
    """
    described = broken_description(function.name, base_url)
    files = f"{base_url}/admin/vfs/{quote(function.name)}/"
    described["script_href"] = base_url + "/admin/vfs/" + quote(_relative(function, app))
    if function.model is Model.FUNCTION_JSON:
        described["script_root_path_href"] = files
        described["config_href"] = f"{files}function.json"
    described["config"] = _config(function, app)
    described["isDisabled"] = function.disabled
    if function.is_http:
        described["invoke_url_template"] = function_url(function, app.host.http.route_prefix, base_url).lower()
    return described


def broken_description(name: str, base_url: str) -> dict[str, object]:
    """Return the object of a function of which nothing but the name is known."""
    return {
        "name": name,
        "script_root_path_href": None,
        "script_href": None,
        "config_href": None,
        "test_data_href": None,
        "href": f"{base_url}/admin/functions/{quote(name)}",
        "invoke_url_template": None,
        "language": "python",
        "config": {},
        "files": None,
        "test_data": None,
        "isDisabled": False,
        "isDirect": False,
        "isProxy": False,
    }


def _config(function: Function, app: FunctionApp) -> dict[str, object]:
    config: dict[str, object] = {
        "name": function.name,
        "scriptFile": _relative(function, app),
        "functionDirectory": str(function.directory),
        "language": "python",
        **{key: value for key, value in function.config.items() if key != "bindings"},
        "bindings": [without_secret_texts(binding.raw) for binding in function.bindings],
    }
    if function.entry_point is not None:
        config.setdefault("entryPoint", function.entry_point)
    return config


def _relative(function: Function, app: FunctionApp) -> str:
    if function.script_file.is_relative_to(app.root):
        return function.script_file.relative_to(app.root).as_posix()
    return str(function.script_file)
