"""`func functionapp create`: a new function app."""

from __future__ import annotations

import re
from typing import Any

from funchost.cli.functionapp_documents import site_document
from funchost.cli.functionapp_output import output_option, show_one
from funchost.cli.functionapp_server import (
    OWN_GROUP,
    Connection,
    ServerArguments,
    on_server,
    server_options,
    site_options,
)
from funchost.cli.functionapp_settings_arguments import read_settings, settings_option
from funchost.cli.grammar import ToolCommand, ToolOption
from funchost.errors import FuncHostError, RefusedError, UsageError

EXAMPLES = """\b
Examples:
  func functionapp create --name shop
  func functionapp create --name shop --runtime-version 3.8 --functions-version 4
  func functionapp create --name shop --settings QUEUE=orders LEVEL=2

The Python version is that of the app for good. Functions version 2 takes Python 3.6 and 3.7, version 3 takes 3.6 to
3.8, version 4 takes every version that the server has."""
NO_MEANING = "a server of your own has no such thing"


def run_create(
    name: str,
    runtime: str | None,
    runtime_version: str | None,
    functions_version: str | None,
    settings: tuple[str, ...],
    output: str | None,
    **where: Any,
) -> None:
    """Create a function app on a server of your own."""
    from funchost.deploy.client.site_resource import app_name

    if runtime is not None and runtime.lower() not in ("python", "py"):
        raise UsageError(f"--runtime: {runtime!r} is not served; python is.")
    body = _body(runtime_version, functions_version, dict(read_settings(settings, "--settings")))
    arguments = ServerArguments(**{key: where[key] for key in ServerArguments.__dataclass_fields__ if key in where})
    app = app_name(name)

    async def work(connection: Connection) -> None:
        if connection.server.azure:
            raise FuncHostError(
                "Apps on Azure need a plan and a storage account, which this command does not make.",
                hint="Create the app with 'az functionapp create', then publish to it with 'func'.",
            )
        if await _exists(connection, app):
            raise RefusedError("Conflict", f"There is a function app called {app} already.", 409)
        path = f"/subscriptions/{await connection.subscription()}/resourceGroups/{OWN_GROUP}"
        site_id = f"{path}/providers/Microsoft.Web/sites/{app}"
        await connection.management.put(site_id, body)
        show_one(site_document(await connection.management.site(site_id), connection.server.url), output)

    on_server(arguments, work)


async def _exists(connection: Connection, app: str) -> bool:
    try:
        await connection.find(app, None)
    except RefusedError as error:
        if error.status != 404:
            raise
        return False
    return True


def _body(python: str | None, functions: str | None, settings: dict[str, str]) -> dict[str, object]:
    if functions is not None:
        settings["FUNCTIONS_EXTENSION_VERSION"] = f"~{functions.strip().lstrip('~vV')}"
    config: dict[str, object] = {"appSettings": [{"name": key, "value": value} for key, value in settings.items()]}
    if python is not None:
        config["linuxFxVersion"] = f"PYTHON|{_minor_version(python.strip())}"
    return {"location": "local", "kind": "functionapp,linux", "properties": {"reserved": True, "siteConfig": config}}


def _minor_version(text: str) -> str:
    if not re.fullmatch(r"\d+\.\d+", text, re.ASCII):
        found = re.match(r"\d+\.\d+(?=\.)", text, re.ASCII)
        advice = f"Say {found[0]}; the server's newest release of it is used." if found else "Say 3.11 and the like."
        raise UsageError(f"--runtime-version: {text!r} is not a Python version of the form X.Y.", hint=advice)
    return text


def _accepted(name: str, *flags: str, **settings: Any) -> ToolOption:
    return ToolOption(name, *flags, no_effect=NO_MEANING, **settings)


create = ToolCommand(
    "create",
    params=[
        *site_options(slot=False),
        ToolOption(
            "runtime_version", "--runtime-version", metavar="X.Y",
            help="Python version, 3.6 to 3.14 (default: the newest that the server has).",
        ),
        ToolOption("functions_version", "--functions-version", "-v", metavar="2|3|4", help="Default: 4."),
        ToolOption("runtime", "--runtime", metavar="python", help="The language; python is the only one."),
        settings_option("settings", "--settings", "App settings, K=V; @FILE reads them from JSON."),
        output_option(),
        _accepted("storage_account", "--storage-account", "-s"),
        _accepted("consumption_plan_location", "--consumption-plan-location", "-c"),
        _accepted("flex_location", "--flexconsumption-location", "-f"),
        _accepted("plan", "--plan", "-p"),
        _accepted("os_type", "--os-type"),
        _accepted("app_insights", "--app-insights"),
        _accepted("disable_app_insights", "--disable-app-insights"),
        _accepted("https_only", "--https-only"),
        _accepted("tags", "--tags", multiple=True),
        *server_options(),
    ],
    callback=run_create,
    help=run_create.__doc__,
    epilog=EXAMPLES,
)  # fmt: skip
