"""The lines of `func settings list`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

MASK = "*****"


def listing(content: Mapping[str, object], shown: Mapping[str, str] | None) -> Iterator[str]:
    """Return the names in local.settings.json, and their values or a mask.

    Args:
        content: the file's object.
        shown: readable values, connection strings among them as ``ConnectionStrings:<name>``; None = show none.
    """
    yield "App Settings:"
    for name in _section(content, "Values"):
        yield from _entry(name, name, shown)
    yield ""
    yield "Connection Strings:"
    for name, entry in _section(content, "ConnectionStrings").items():
        yield from _entry(name, f"ConnectionStrings:{name}", shown)
        provider = entry.get("ProviderName") if isinstance(entry, dict) else None
        if provider:
            yield f"      ProviderName: {provider}"


def _entry(name: str, setting: str, shown: Mapping[str, str] | None) -> Iterator[str]:
    yield f"   -> Name: {name}"
    # An entry that is null is none to the app.
    yield f"      Value: {MASK if shown is None else shown.get(setting, 'null')}"


def _section(content: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = next((value for own, value in content.items() if own.lower() == name.lower()), None)
    return found if isinstance(found, dict) else {}
