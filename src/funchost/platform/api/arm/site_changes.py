"""SiteChanges: changes a site's configuration as a body asks. The Python version never changes."""

from __future__ import annotations

from funchost.errors import RefusedError
from funchost.platform.api.arm.site_body import ConfigBody, SiteBody, app_settings, connection_strings, python_version
from funchost.platform.api.arm.site_document import MIB
from funchost.platform.api.backend import Apps
from funchost.platform.site import CorsRules, ScaleLimits, Site


class SiteChanges:
    """Applies bodies.

    Args:
        apps: that are changed.
    """

    def __init__(self, apps: Apps) -> None:
        self._apps = apps

    async def apply(self, site: Site, body: SiteBody) -> None:
        """Change settings and rules.

        Raises:
            RefusedError: 409, it asks for another Python than the app was created with.
        """
        refuse_other_python(site, python_version(body))
        settings, strings = app_settings(body), connection_strings(body)
        await self.apply_rules(site, body)
        if settings is not None:
            await self._apps.set_settings(site.name, settings)
        if strings is not None:
            await self._apps.set_connection_strings(site.name, strings)

    async def apply_rules(self, site: Site, body: SiteBody) -> None:
        """Change CORS, scale limits and memory limit."""
        config = body.config
        if (cors := _cors(site, config)) != site.cors:
            await self._apps.set_cors(site.name, cors)
        if (scale := _scale(site, config)) != site.scale:
            await self._apps.set_scale(site.name, scale)
        if config.limits is not None:
            limit = config.limits.max_memory
            memory = limit * MIB if limit else None
            if memory != site.memory_limit:
                await self._apps.set_memory_limit(site.name, memory)


def refuse_other_python(site: Site, wanted: str | None) -> None:
    """Raises: RefusedError: 409, `wanted` is another version than the app has."""
    if wanted is not None and wanted != site.python:
        raise RefusedError(
            "Conflict",
            f"{site.name} was created with Python {site.python} and keeps it; {wanted} was asked for.",
            409,
            hint="Create another app with the version you want.",
        )


def _cors(site: Site, config: ConfigBody) -> CorsRules:
    if config.cors is None:
        return site.cors
    origins, credentials = config.cors.allowed_origins, config.cors.support_credentials
    return CorsRules(
        site.cors.origins if origins is None else tuple(dict.fromkeys(origins)),
        site.cors.credentials if credentials is None else credentials,
    )


def _scale(site: Site, config: ConfigBody) -> ScaleLimits:
    maximum, minimum = config.function_app_scale_limit, config.minimum_elastic_instance_count
    # 0 means "no limit of its own" there; ours then is the default.
    return ScaleLimits(
        site.scale.minimum if minimum is None else minimum,
        site.scale.maximum if maximum is None else maximum or ScaleLimits().maximum,
    )
