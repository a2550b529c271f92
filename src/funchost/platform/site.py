"""Site: a function app on a server, or a slot of one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from funchost.errors import RefusedError
from funchost.platform.connection_string import ConnectionType

PRODUCTION = "production"
"""What the management calls name the app itself where they want a slot's name."""

MAX_NAME = 60
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.ASCII)


class SiteName(NamedTuple):
    """Names a site; both parts are lower-case letters, digits and inner dashes.

    Args:
        app: the function app.
        slot: the slot, None = the app itself.
    """

    app: str
    slot: str | None = None

    @property
    def label(self) -> str:
        """The first label of its host names: ``shop``, ``shop-staging``. No two sites have the same."""
        return self.app if self.slot is None else f"{self.app}-{self.slot}"

    def __str__(self) -> str:
        return self.app if self.slot is None else f"{self.app}/{self.slot}"


def site_name(app: str, slot: str | None = None) -> SiteName:
    """Return the name of a site as a user wrote it: case does not count, slot ``production`` is the app itself.

    Raises:
        RefusedError: it cannot be a host name's label of at most 60 characters.
    """
    wanted = slot.lower() if slot else None
    name = SiteName(app.lower(), None if wanted == PRODUCTION else wanted)
    for kind, part in (("app", name.app), ("slot", name.slot)):
        if part is not None and (len(name.label) > MAX_NAME or not _NAME.fullmatch(part)):
            raise RefusedError(
                "BadRequest",
                f"{part[: MAX_NAME + 1]!r} cannot be the name of a{'n app' if kind == 'app' else ' slot'}: it takes"
                f" letters, digits and inner dashes, {MAX_NAME} at most in app and slot together.",
                400,
            )
    return name


class CorsRules(NamedTuple):
    """Origins whose web pages may call the app.

    Args:
        origins: e.g. ``https://contoso.com``, or ``*``.
        credentials: whether these pages may send cookies and authorisation.
    """

    origins: tuple[str, ...] = ()
    credentials: bool = False


class ScaleLimits(NamedTuple):
    """How many host instances a site may have.

    Args:
        minimum: instances that run always; 0 = an idle app has none.
        maximum: instances at most.
    """

    minimum: int = 0
    maximum: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What is known of a site.

    Args:
        name: see SiteName.
        python: version that its apps run on, e.g. ``3.11``; fixed at creation.
        functions_version: ``2``, ``3`` or ``4``.
        running: False after ``stop``.
        created: seconds since 1970.
        port: TCP port of its own, None = none is free.
        version: id of the version that serves, None before the first deployment.
        revision: number of its newest revision; rises with every change of version, settings or rules.
        cors: see CorsRules.
        scale: see ScaleLimits.
        memory_limit: bytes that one host instance with its workers may use, None = no limit.
    """

    name: SiteName
    python: str
    functions_version: str
    running: bool
    created: float
    port: int | None
    version: str | None = None
    revision: int = 0
    cors: CorsRules = CorsRules()
    scale: ScaleLimits = ScaleLimits()
    memory_limit: int | None = None


@dataclass(frozen=True, slots=True)
class FunctionInfo:
    """A function of a loaded version.

    Args:
        name: of the function.
        trigger: type of its trigger, as the app wrote it.
        bindings: all bindings, the trigger among them, without secrets.
        route: path with the route prefix, e.g. ``api/items/{id}``, None if it is no HTTP function.
        methods: upper-case, empty = all.
        auth_level: ``anonymous``, ``function`` or ``admin``; None if it is no HTTP function.
        disabled: whether it is switched off.
    """

    name: str
    trigger: str
    bindings: tuple[Mapping[str, object], ...] = ()
    route: str | None = None
    methods: tuple[str, ...] = ()
    auth_level: str | None = None
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """Everything that host instances of a site run with; never changes. A change makes a new revision.

    Args:
        site: whose.
        number: rises with every revision of the site.
        version: id of the version, see deploy.
        python: e.g. ``3.11``.
        settings: app settings, connection strings among them as ``ConnectionStrings:<name>``; secret.
        connection_types: of the connection strings, by their names in `settings`; others are of type Custom.
        cors: see CorsRules.
        scale: see ScaleLimits.
        memory_limit: bytes, None = no limit.
        keys_secret: what the app's key documents are encrypted with.
        storage_key: key of the site's own storage account (Base64), None = it has none; secret.
        functions: of the version as far as known: empty before the first instance has loaded it.
    """

    site: SiteName
    number: int
    version: str
    python: str
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    connection_types: Mapping[str, ConnectionType] = field(default_factory=lambda: MappingProxyType({}))
    cors: CorsRules = CorsRules()
    scale: ScaleLimits = ScaleLimits()
    memory_limit: int | None = None
    keys_secret: bytes = field(default=b"", repr=False)
    storage_key: str | None = field(default=None, repr=False)
    functions: tuple[FunctionInfo, ...] = ()
