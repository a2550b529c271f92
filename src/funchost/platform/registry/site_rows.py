"""Rows of sites: a public document and a sealed one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from funchost.platform.connection_string import ConnectionString, ConnectionType, plain
from funchost.platform.registry.site_record import Served, SiteRecord
from funchost.platform.registry.vault import Vault
from funchost.platform.site import CorsRules, FunctionInfo, ScaleLimits, Site, SiteName

_COLUMNS = "app, slot, port, document, secret"


def read_all(connection: sqlite3.Connection, vault: Vault) -> Sequence[SiteRecord]:
    """Return all sites; an app comes before its slots."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM sites ORDER BY app, slot IS NOT NULL, slot")  # noqa: S608
    return [_record(row, vault) for row in rows]


def read(connection: sqlite3.Connection, vault: Vault, name: SiteName) -> SiteRecord | None:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM sites WHERE label=? AND app=? AND slot IS ?",  # noqa: S608
        (name.label, name.app, name.slot),
    ).fetchone()
    return None if row is None else _record(row, vault)


def owner(connection: sqlite3.Connection, label: str) -> SiteName | None:
    """Return the site that has a label."""
    row = connection.execute("SELECT app, slot FROM sites WHERE label=?", (label,)).fetchone()
    return None if row is None else SiteName(*row)


def write(connection: sqlite3.Connection, vault: Vault, record: SiteRecord) -> None:
    """Add a site, or write it anew."""
    name = record.name
    connection.execute(
        "INSERT INTO sites (label, app, slot, port, document, secret) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (label) DO UPDATE SET port=excluded.port, document=excluded.document, secret=excluded.secret",
        (
            name.label,
            name.app,
            name.slot,
            record.site.port,
            json.dumps(_document(record)),
            vault.seal(json.dumps(_secret(record)).encode()),
        ),
    )


def delete(connection: sqlite3.Connection, name: SiteName) -> None:
    connection.execute("DELETE FROM sites WHERE label=?", (name.label,))


def ports(connection: sqlite3.Connection) -> frozenset[int]:
    """Return the ports that are given out."""
    return frozenset(port for (port,) in connection.execute("SELECT port FROM sites WHERE port IS NOT NULL"))


def _document(record: SiteRecord) -> dict[str, object]:
    site = record.site
    served = record.served
    return {
        "python": site.python,
        "functionsVersion": site.functions_version,
        "running": site.running,
        "created": site.created,
        "version": site.version,
        "revision": site.revision,
        "cors": list(site.cors),
        "scale": list(site.scale),
        "memoryLimit": site.memory_limit,
        "sticky": list(record.sticky),
        "problem": record.problem,
        "functions": [_function_document(function) for function in record.functions],
        "served": None
        if served is None
        else {
            "number": served.number,
            "version": served.version,
            "cors": list(served.cors),
            "memoryLimit": served.memory_limit,
        },
    }


def _secret(record: SiteRecord) -> dict[str, object]:
    served = record.served
    return {
        "password": record.password,
        "storageKey": record.storage_key,
        "keysSecret": record.keys_secret.decode("latin-1"),
        "settings": dict(record.settings),
        **_strings_document(record.connection_strings),
        "served": None
        if served is None
        else {
            "settings": dict(served.settings),
            **_strings_document(served.connection_strings),
        },
    }


def _record(row: tuple[Any, ...], vault: Vault) -> SiteRecord:
    app, slot, port, text, sealed = row
    document: dict[str, Any] = json.loads(text)
    secret: dict[str, Any] = json.loads(vault.unseal(sealed))
    site = Site(
        name=SiteName(app, slot),
        python=document["python"],
        functions_version=document["functionsVersion"],
        running=document["running"],
        created=document["created"],
        port=port,
        version=document["version"],
        revision=document["revision"],
        cors=_cors(document["cors"]),
        scale=ScaleLimits(*document["scale"]),
        memory_limit=document["memoryLimit"],
    )
    served = None
    if document["served"] is not None:
        served = Served(
            number=document["served"]["number"],
            version=document["served"]["version"],
            settings=MappingProxyType(secret["served"]["settings"]),
            connection_strings=_strings(secret["served"]),
            cors=_cors(document["served"]["cors"]),
            memory_limit=document["served"]["memoryLimit"],
        )
    return SiteRecord(
        site=site,
        password=secret["password"],
        storage_key=secret["storageKey"],
        keys_secret=secret["keysSecret"].encode("latin-1"),
        settings=MappingProxyType(secret["settings"]),
        connection_strings=_strings(secret),
        sticky=tuple(document["sticky"]),
        served=served,
        functions=tuple(_function(item) for item in document["functions"]),
        problem=document["problem"],
    )


def _strings_document(strings: Mapping[str, ConnectionString]) -> dict[str, object]:
    """Return connection strings apart from their types: earlier releases wrote none, and read over them."""
    types = {name: one.type.value for name, one in strings.items() if one.type is not ConnectionType.CUSTOM}
    return {"connectionStrings": dict(plain(strings)), "connectionTypes": types}


def _strings(secret: dict[str, Any]) -> Mapping[str, ConnectionString]:
    types = secret.get("connectionTypes", {})
    return MappingProxyType(
        {
            name: ConnectionString(value, ConnectionType(types.get(name, ConnectionType.CUSTOM)))
            for name, value in secret["connectionStrings"].items()
        }
    )


def _cors(item: list[Any]) -> CorsRules:
    return CorsRules(tuple(item[0]), item[1])


def _function_document(function: FunctionInfo) -> dict[str, object]:
    return {
        "name": function.name,
        "trigger": function.trigger,
        "bindings": [dict(binding) for binding in function.bindings],
        "route": function.route,
        "methods": list(function.methods),
        "authLevel": function.auth_level,
        "disabled": function.disabled,
    }


def _function(item: dict[str, Any]) -> FunctionInfo:
    return FunctionInfo(
        name=item["name"],
        trigger=item["trigger"],
        bindings=tuple(item["bindings"]),
        route=item["route"],
        methods=tuple(item["methods"]),
        auth_level=item["authLevel"],
        disabled=item["disabled"],
    )
