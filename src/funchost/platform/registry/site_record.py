"""SiteRecord: all that is remembered of a site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from funchost.platform.connection_string import ConnectionString
from funchost.platform.site import CorsRules, FunctionInfo, Site, SiteName


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What a revision that has loaded was made of: it serves until another one has loaded.

    Args:
        number: of the revision.
        version: id of the version.
        settings: app settings as they are kept, see Settings.
        connection_strings: by name.
        cors: see CorsRules.
        memory_limit: bytes, None = no limit.
    """

    number: int
    version: str
    settings: Mapping[str, str] = field(repr=False)
    connection_strings: Mapping[str, ConnectionString] = field(repr=False)
    cors: CorsRules
    memory_limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRecord:
    """A site with its secrets.

    Args:
        site: what is public.
        password: publishing password.
        storage_key: of its own storage account, Base64.
        keys_secret: what its function keys are encrypted with.
        settings: as they were set last.
        connection_strings: as they were set last, by name.
        sticky: settings that stay with the site in a swap; only an app has them, its slots follow it.
        served: what serves, None before the first deployment.
        functions: of the version that serves.
        problem: why what was set last does not serve, empty if it does.
    """

    site: Site
    password: str = field(repr=False)
    storage_key: str | None = field(repr=False)
    keys_secret: bytes = field(repr=False)
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    connection_strings: Mapping[str, ConnectionString] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    sticky: tuple[str, ...] = ()
    served: Served | None = None
    functions: tuple[FunctionInfo, ...] = ()
    problem: str = ""

    @property
    def name(self) -> SiteName:
        return self.site.name
