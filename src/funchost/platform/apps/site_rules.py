"""Rules of a site that a client sets beside its settings: checked, and brought into one form. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from funchost.errors import RefusedError
from funchost.platform.apps import app_settings
from funchost.platform.apps.app_settings import CONNECTION_PREFIX
from funchost.platform.site import CorsRules, ScaleLimits

MAX_INSTANCES = 200
MIN_MEMORY = 64 * 1024 * 1024
MAX_ORIGINS = 200
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#@,;'\"<>\\]{1,260}", re.ASCII | re.IGNORECASE)


def cors(rules: CorsRules) -> CorsRules:
    """Return rules with each origin once, without a slash at its end.

    Raises:
        RefusedError: an origin is none, there are too many, or all origins may send credentials.
    """
    origins = tuple(dict.fromkeys(origin.strip().rstrip("/") for origin in rules.origins))
    if len(origins) > MAX_ORIGINS:
        raise _refused(f"There are {len(origins)} origins; {MAX_ORIGINS} at most can be allowed.")
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise _refused(
                f"{origin[:100]!r} is no origin: it takes a scheme, a host and no path, such as https://contoso.com,"
                " or '*'."
            )
    if "*" in origins and rules.credentials:
        raise _refused("'*' cannot be combined with credentials: any web site could act in the user's name.")
    return CorsRules(origins, rules.credentials)


def check_scale(limits: ScaleLimits) -> None:
    """Raises: RefusedError: the numbers make no sense."""
    if not (0 <= limits.minimum <= limits.maximum <= MAX_INSTANCES and limits.maximum >= 1):
        raise _refused(
            f"{limits.minimum} to {limits.maximum} instances are not possible: the maximum is 1 to {MAX_INSTANCES}, and"
            " the minimum 0 to the maximum."
        )


def check_memory_limit(limit: int | None) -> None:
    """Raises: RefusedError: it is too little to run anything."""
    if limit is not None and limit < MIN_MEMORY:
        raise _refused(f"A memory limit of {limit} bytes is too low: no app starts with less than {MIN_MEMORY}.")


def sticky_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of sticky settings, each once, in order.

    Raises:
        RefusedError: a name is not possible, or there are too many.
    """
    if len(names) > app_settings.MAX_SETTINGS:
        raise _refused(f"{len(names)} settings are too many; {app_settings.MAX_SETTINGS} at most can stay in a swap.")
    for name in names:
        app_settings.check_name(name.removeprefix(CONNECTION_PREFIX))
    return tuple({name.lower(): name for name in sorted(names)}.values())


def _refused(message: str) -> RefusedError:
    return RefusedError("BadRequest", message, 400)
