"""App settings: which may be set, which concern builds only, and what stands for a site's own storage account. Pure.

A site's own account is kept as a mark in place of its connection string: the string names ports that may be others
after the next start of the server, and in a swap each side keeps its own messages and blobs.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from funchost.errors import RefusedError

STORAGE = "AzureWebJobsStorage"
RUNTIME = "FUNCTIONS_WORKER_RUNTIME"
EXTENSION_VERSION = "FUNCTIONS_EXTENSION_VERSION"
PYTHON = "python"
CONNECTION_PREFIX = "ConnectionStrings:"

OWN_ACCOUNT = "\0own account"
"""Stands for the connection string of the site's own account; no value from outside holds NUL."""

_DEVELOPMENT = "usedevelopmentstorage=true"
"""In a project it means the store that is simply there, and so it does on a server."""

MAX_SETTINGS = 1_000
MAX_NAME = 256
MAX_VALUE = 100_000
"""Bytes; a process can be given 128 KiB in one variable."""
MAX_TOTAL = 512 * 1024
"""Bytes of all names and values; with it every system starts a process."""

_BUILD_ONLY = frozenset(
    {
        "SCM_DO_BUILD_DURING_DEPLOYMENT",
        "ENABLE_ORYX_BUILD",
        "BUILD_FLAGS",
        "PRE_BUILD_COMMAND",
        "POST_BUILD_COMMAND",
        "CUSTOM_REQUIREMENTSTXT_PATH",
        "XDG_CACHE_HOME",
        "WEBSITE_RUN_FROM_PACKAGE",
    }
)
_BUILD_PREFIXES = ("SCM_", "PIP_", "UV_")
_TRUE = frozenset({"1", "true"})


def is_build_only(name: str) -> bool:
    """Return whether a setting concerns builds only: instances that run need not be replaced when it changes."""
    upper = name.upper()
    return upper in _BUILD_ONLY or upper.startswith(_BUILD_PREFIXES)


def for_builds(settings: Mapping[str, str]) -> Mapping[str, str]:
    """Return the settings that a build may see; no other setting, which may be secret, reaches it."""
    return {name: value for name, value in settings.items() if is_build_only(name)}


def for_instances(settings: Mapping[str, str]) -> Mapping[str, str]:
    """Return the settings that make up a revision."""
    return {name: value for name, value in settings.items() if not is_build_only(name)}


def builds_remotely(settings: Mapping[str, str]) -> bool:
    """Return whether settings ask for a build on the server."""
    wanted = settings.get("SCM_DO_BUILD_DURING_DEPLOYMENT", "").strip().lower() in _TRUE
    return wanted and settings.get("WEBSITE_RUN_FROM_PACKAGE", "").strip().lower() not in _TRUE


def initial(given: Mapping[str, str], functions_version: str) -> Mapping[str, str]:
    """Return the settings of a new site.

    Args:
        given: win over those that every site gets.
        functions_version: e.g. ``4``.
    """
    return MappingProxyType(
        {STORAGE: OWN_ACCOUNT, RUNTIME: PYTHON, EXTENSION_VERSION: f"~{functions_version}", **given}
    )


def check(settings: Mapping[str, str], kind: str = "setting") -> None:
    """Check what a client wants to set.

    Args:
        settings: all of them.
        kind: what they are called in messages.

    Raises:
        RefusedError: a name or value cannot be one, there are too many, or they are too large; values are not shown.
    """
    if len(settings) > MAX_SETTINGS:
        raise _refused(f"There are {len(settings)} {kind}s; {MAX_SETTINGS} at most can be set.")
    seen: dict[str, str] = {}
    total = 0
    for name, value in settings.items():
        check_name(name, kind)
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise _refused(f"The {kind}s {other!r} and {name!r} differ only in case.")
        size = _size(value)
        if size is None:
            raise _refused(f"The value of the {kind} {name!r} holds a character that a variable cannot hold.")
        if size > MAX_VALUE:
            raise _refused(f"The value of the {kind} {name!r} has {size} bytes; {MAX_VALUE} at most are possible.")
        total += size + len(name)
    if total > MAX_TOTAL:
        raise _refused(f"The {kind}s have {total} bytes together; {MAX_TOTAL} at most are possible.")


def check_name(name: str, kind: str = "setting") -> None:
    """Raises: RefusedError: no environment variable could have the name."""
    if not name.strip() or len(name) > MAX_NAME or "=" in name or not name.isprintable():
        shown = name if len(name) <= MAX_NAME else name[:40] + "..."
        raise _refused(
            f"{shown!r} cannot be the name of a {kind}: it takes 1 to {MAX_NAME} printable characters, without '='."
        )


def check_runtime(settings: Mapping[str, str]) -> None:
    """Raises: RefusedError: the settings ask for another language than Python."""
    runtime = settings.get(RUNTIME, PYTHON)
    if runtime.strip().lower() != PYTHON:
        raise _refused(f"{RUNTIME} is {runtime[:40]!r}; this server runs Python apps only.")


def kept(settings: Mapping[str, str], connection: str) -> Mapping[str, str]:
    """Return settings as they are kept: the site's own connection string, or development storage, becomes a mark.

    Args:
        connection: of the site's own account, as of now; a string with the same account and key is the same.
    """
    own = _account(connection)
    if own is None:
        return MappingProxyType(dict(settings))
    return MappingProxyType(
        {
            name: OWN_ACCOUNT if _is_development(value) or _account(value) == own else value
            for name, value in settings.items()
        }
    )


def resolved(settings: Mapping[str, str], connection: str) -> Mapping[str, str]:
    """Return settings as apps and clients see them; undoes `kept`."""
    return {name: connection if value == OWN_ACCOUNT else value for name, value in settings.items()}


def _is_development(value: str) -> bool:
    return value.replace(" ", "").rstrip(";").lower() == _DEVELOPMENT


def _account(connection: str) -> tuple[str, str] | None:
    """Return account and key of a storage connection string, None if it is none."""
    if "AccountKey=" not in connection:
        return None
    parts = dict(part.strip().partition("=")[::2] for part in connection.split(";"))
    return parts.get("AccountName", ""), parts.get("AccountKey", "")


def _size(value: str) -> int | None:
    if "\0" in value:
        return None
    try:
        return len(value.encode())
    except UnicodeEncodeError:
        return None


def _refused(message: str) -> RefusedError:
    return RefusedError("BadRequest", message, 400)
