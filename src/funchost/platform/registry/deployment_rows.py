"""Rows of deployments."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from funchost.platform.deployment import BuildKind, Deployment, DeploymentStatus, Origin
from funchost.platform.site import SiteName

_SELECT = (
    "SELECT d.id, s.app, s.slot, d.status, d.version, d.package, d.document, s.document"
    " FROM deployments d JOIN sites s ON s.label = d.site"
)


def read_all(connection: sqlite3.Connection, site: SiteName | None = None) -> Sequence[Deployment]:
    """Return the deployments of a site, or of all; the newest come first."""
    if site is None:
        return _with_active(connection.execute(f"{_SELECT} ORDER BY d.id DESC").fetchall())
    return _with_active(connection.execute(f"{_SELECT} WHERE d.site=? ORDER BY d.id DESC", (site.label,)).fetchall())


def read(connection: sqlite3.Connection, id: str) -> Deployment | None:
    """Return a deployment of any site."""
    rows = connection.execute(
        f"{_SELECT} WHERE d.site=(SELECT site FROM deployments WHERE id=?) ORDER BY d.id DESC",  # noqa: S608
        (id,),
    ).fetchall()
    return next((deployment for deployment in _with_active(rows) if deployment.id == id), None)


def write(connection: sqlite3.Connection, deployment: Deployment) -> None:
    """Add a deployment, or write it anew; nothing is remembered of what is being done and of `active`."""
    document = {
        "statusText": deployment.status_text,
        "origin": list(deployment.origin),
        "build": deployment.build.value,
        "received": deployment.received,
        "started": deployment.started,
        "ended": deployment.ended,
    }
    connection.execute(
        "INSERT OR REPLACE INTO deployments (id, site, status, version, package, document) VALUES (?, ?, ?, ?, ?, ?)",
        (
            deployment.id,
            deployment.site.label,
            int(deployment.status),
            deployment.version,
            deployment.package,
            json.dumps(document),
        ),
    )


def delete(connection: sqlite3.Connection, id: str) -> None:
    connection.execute("DELETE FROM deployments WHERE id=?", (id,))


def delete_all(connection: sqlite3.Connection, site: SiteName) -> None:
    connection.execute("DELETE FROM deployments WHERE site=?", (site.label,))


def _with_active(rows: Sequence[tuple[Any, ...]]) -> list[Deployment]:
    """Return deployments; of those that brought the version that serves, the newest is active."""
    found: list[Deployment] = []
    decided: set[SiteName] = set()
    for id, app, slot, status, version, package, text, site_text in rows:
        name = SiteName(app, slot)
        serving = json.loads(site_text)["version"]
        active = (
            name not in decided and version is not None and version == serving and status == DeploymentStatus.SUCCESS
        )
        if active:
            decided.add(name)
        document: dict[str, Any] = json.loads(text)
        found.append(
            Deployment(
                id=id,
                site=name,
                status=DeploymentStatus(status),
                status_text=document["statusText"],
                progress="",
                origin=Origin(*document["origin"]),
                build=BuildKind(document["build"]),
                package=package,
                version=version,
                received=document["received"],
                started=document["started"],
                ended=document["ended"],
                active=active,
            )
        )
    return found
