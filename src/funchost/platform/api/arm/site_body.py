"""What a client writes when it creates or changes a site. What is not named here is accepted and changes nothing."""

from __future__ import annotations

import re

import msgspec

from funchost.errors import RefusedError
from funchost.platform.connection_string import ConnectionString, connection_type

_FX_VERSION = re.compile(r"\s*python\s*\|\s*(\d{1,2}\.\d{1,3})\s*", re.ASCII | re.IGNORECASE)


class NameValue(msgspec.Struct):
    """A setting in a list."""

    name: str
    value: str | None = None


class NamedConnectionString(msgspec.Struct, rename="camel"):
    """A connection string in a list."""

    name: str
    connection_string: str | None = None
    type: str | int | None = None


class Cors(msgspec.Struct, rename="camel"):
    """Origins whose pages may call the app."""

    allowed_origins: list[str] | None = None
    support_credentials: bool | None = None


class Limits(msgspec.Struct):
    """What an instance may use."""

    max_memory: int | None = msgspec.field(default=None, name="maxMemoryInMb")


class ConfigBody(msgspec.Struct, rename="camel"):
    """A site's configuration; None = stays as it is."""

    linux_fx_version: str | None = None
    app_settings: list[NameValue] | None = None
    connection_strings: list[NamedConnectionString] | None = None
    cors: Cors | None = None
    function_app_scale_limit: int | None = None
    minimum_elastic_instance_count: int | None = None
    limits: Limits | None = None


class SiteProperties(msgspec.Struct, rename="camel"):
    """The part of a site that matters here."""

    site_config: ConfigBody | None = None


class SiteBody(msgspec.Struct):
    """Body of PUT and PATCH of a site."""

    properties: SiteProperties | None = None

    @property
    def config(self) -> ConfigBody:
        return (self.properties and self.properties.site_config) or ConfigBody()


class WebConfigBody(msgspec.Struct):
    """Body of PUT and PATCH of ``config/web``."""

    properties: ConfigBody | None = None

    @property
    def site_body(self) -> SiteBody:
        return SiteBody(SiteProperties(self.properties))


def app_settings(body: SiteBody) -> dict[str, str] | None:
    """Return the settings that the body lists, None if it lists none."""
    listed = body.config.app_settings
    return None if listed is None else {one.name: one.value for one in listed if one.value is not None}


def connection_strings(body: SiteBody) -> dict[str, ConnectionString] | None:
    """Return the connection strings that the body lists, None if it lists none.

    Raises:
        RefusedError: one has a type that there is not.
    """
    listed = body.config.connection_strings
    if listed is None:
        return None
    return {
        one.name: ConnectionString(one.connection_string, connection_type(one.type, one.name))
        for one in listed
        if one.connection_string is not None
    }


def python_version(body: SiteBody) -> str | None:
    """Return the Python version that the body asks for, None if it asks for none.

    Raises:
        RefusedError: it asks for another language.
    """
    text = body.config.linux_fx_version
    if text is None or not text.strip():
        return None
    found = _FX_VERSION.fullmatch(text)
    if found is None:
        raise RefusedError(
            "BadRequest", f"linuxFxVersion {text[:100]!r} is not of this server: PYTHON|3.11 and the like are.", 400
        )
    return found[1]
