"""What a new site is, and whether there can be one of that name. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography.fernet import Fernet

from funchost.errors import RefusedError
from funchost.platform.apps import app_settings
from funchost.platform.apps.credentials import new_password
from funchost.platform.registry.site_record import SiteRecord
from funchost.platform.site import ScaleLimits, Site, SiteName

RESERVED = frozenset({"scm", "www", "localhost", "management", "api"})
"""Labels that are, or may become, names of the server itself."""


def check_label(name: SiteName, owner: SiteName | None) -> None:
    """Check that a site can have its label.

    Args:
        owner: the site that has the label now.

    Raises:
        RefusedError: it is reserved (400), or another site or this one has it (409).
    """
    if name.label in RESERVED:
        raise RefusedError("BadRequest", f"{name.label!r} cannot be the name of an app: it is reserved.", 400)
    if owner == name:
        what = f"An app {name.app!r}" if name.slot is None else f"A slot {name.slot!r} of {name.app!r}"
        raise RefusedError("Conflict", f"{what} exists already.", 409)
    if owner is not None:
        kind = "app" if owner.slot is None else "slot"
        raise RefusedError(
            "Conflict",
            f"{name} would have the same host name as the {kind} {owner}: {name.label}.",
            409,
            hint="Choose another name.",
        )


def check_fixed(site: Site, python: str | None, functions_version: str | None) -> None:
    """Check that a management call does not ask for another Python than the site has.

    Args:
        python: what it asks for, e.g. ``3.12``; None = nothing.
        functions_version: likewise, e.g. ``4`` or ``~4``.

    Raises:
        RefusedError: it does (409).
    """
    if python is not None and python.strip() != site.python:
        raise RefusedError(
            "Conflict",
            f"{site.name} runs on Python {site.python}, and that cannot be changed to {python[:20]!r}: the version is"
            " fixed when an app is created.",
            409,
            hint="Create another app with `func functionapp create --runtime-version ...` and publish to it.",
        )
    if functions_version is not None and functions_version.strip().lstrip("~") != site.functions_version:
        raise RefusedError(
            "Conflict",
            f"{site.name} runs version {site.functions_version} of Azure Functions; set the app setting"
            f" {app_settings.EXTENSION_VERSION} to change that.",
            409,
        )


def new_site(
    name: SiteName,
    *,
    python: str,
    functions_version: str,
    settings: Mapping[str, str],
    storage_key: str,
    created: float,
    port: int | None,
) -> SiteRecord:
    """Return a site that has no version yet.

    Args:
        settings: as they are kept.
    """
    site = Site(
        name=name,
        python=python,
        functions_version=functions_version,
        running=True,
        created=created,
        port=port,
        scale=ScaleLimits(),
    )
    return SiteRecord(
        site=site,
        password=new_password(),
        storage_key=storage_key,
        keys_secret=Fernet.generate_key(),
        settings=settings,
    )
