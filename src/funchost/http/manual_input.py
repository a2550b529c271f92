"""manual_invocation: a call of a function, made from the text of POST /admin/functions/{name}. Pure.

For HTTP functions and those whose trigger nothing listens for; the other triggers make their own (triggers/registry).
"""

from __future__ import annotations

from funchost.app.foreign_json import read_foreign
from funchost.app.function_app import Binding, Function
from funchost.app.invocation import Datum, HttpRequestData, Invocation
from funchost.dispatch.invocation_id import new_invocation_id


def manual_invocation(function: Function, text: str, base_url: str) -> Invocation:
    """Return the invocation that gives `text` to the function's trigger.

    Args:
        base_url: of this host, for the URL that an HTTP function sees.

    Raises:
        ValueError: the trigger cannot take this text; says why.
    """
    trigger = function.trigger
    return Invocation(
        new_invocation_id(), function, ((trigger.name, _trigger_input(function, trigger, text, base_url)),)
    )


def _trigger_input(function: Function, trigger: Binding, text: str, base_url: str) -> Datum:
    match trigger.kind:
        case "httptrigger":
            return Datum("http", _request(function, text, base_url))
        case _ if str(trigger.properties.get("cardinality", "one")).lower() == "many":
            return Datum("collection_string", [text])
        case _:
            return Datum("string", text)


def _request(function: Function, text: str, base_url: str) -> HttpRequestData:
    body = text.encode()
    headers = {"content-length": str(len(body))}
    if body:
        headers["content-type"] = "application/json" if _is_json(text) else "text/plain; charset=utf-8"
    url = f"{base_url}/admin/functions/{function.name}"
    return HttpRequestData("POST", url, headers, {}, {}, body)


def _is_json(text: str) -> bool:
    try:
        read_foreign(text)
    except ValueError:
        return False
    return True
