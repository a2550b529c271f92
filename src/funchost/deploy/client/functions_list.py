"""The functions of a deployed site, and the lines that show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit


@dataclass(frozen=True)
class DeployedFunction:
    """A function as the management calls describe it.

    Args:
        name: of the function.
        trigger: type of its trigger, e.g. ``httpTrigger``.
        invoke_url: where it is called, None if it is no HTTP function.
        auth_level: ``anonymous``, ``function`` or ``admin``, lower-case; empty if it is no HTTP function.
        methods: upper-case, empty = all.
        disabled: whether it is switched off.
    """

    name: str
    trigger: str
    invoke_url: str | None = None
    auth_level: str = ""
    methods: tuple[str, ...] = ()
    disabled: bool = False


def read_function(document: Mapping[str, Any]) -> DeployedFunction:
    """Return the function that an entry of a function list describes, of the management calls or of the SCM API."""
    properties: Mapping[str, Any] = document.get("properties") or document
    config: Mapping[str, Any] = properties.get("config") or {}
    bindings = [entry for entry in config.get("bindings") or () if isinstance(entry, dict)]
    trigger = next((entry for entry in bindings if str(entry.get("type", "")).lower().endswith("trigger")), {})
    kind = str(trigger.get("type") or "")
    web = kind.lower() == "httptrigger"
    url = properties.get("invoke_url_template")
    name = str(properties.get("name") or document.get("name") or "")
    return DeployedFunction(
        name=name.rpartition("/")[2],
        trigger=kind,
        invoke_url=str(url) if web and url else None,
        auth_level=str(trigger.get("authLevel") or "function").lower() if web else "",
        methods=tuple(str(method).upper() for method in trigger.get("methods") or ()),
        disabled=bool(properties.get("isDisabled") or config.get("disabled")),
    )


def function_lines(
    app: str, functions: Sequence[DeployedFunction], base: str | None, keys: Mapping[str, str]
) -> Iterator[str]:
    """Return the lines that list functions, in the form of the existing tool.

    Args:
        app: name of the app.
        functions: in any order; listed by name.
        base: address that leads to the site from here, e.g. ``http://127.0.0.1:20000``; None = as the server says.
        keys: by function, for the functions whose address shall hold one.
    """
    yield f"Functions in {app}:"
    for function in sorted(functions, key=lambda one: one.name):
        state = " (disabled)" if function.disabled else ""
        yield f"    {function.name} - [{function.trigger or 'no trigger'}]{state}"
        if function.invoke_url:
            url = with_base(function.invoke_url, base)
            key = keys.get(function.name)
            yield f"        Invoke url: {url}" + (f"?code={quote(key, safe='')}" if key else "")
        yield ""


def with_base(url: str, base: str | None) -> str:
    """Return `url` with scheme and host of `base`."""
    if base is None:
        return url
    parts, chosen = urlsplit(url), urlsplit(base)
    # Route parameters stand in braces, which urlunsplit leaves as they are.
    return urlunsplit((chosen.scheme, chosen.netloc, parts.path, parts.query, ""))
