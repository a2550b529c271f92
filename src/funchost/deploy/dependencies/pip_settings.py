"""pip's own settings in the words of uv: an app that names its index with PIP_EXTRA_INDEX_URL is built with either."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_NAMES = {
    "PIP_INDEX_URL": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    "PIP_EXTRA_INDEX_URL": ("UV_EXTRA_INDEX_URL", "UV_INDEX"),
    "PIP_CONSTRAINT": ("UV_CONSTRAINT",),
    "PIP_TRUSTED_HOST": ("UV_INSECURE_HOST",),
    "PIP_TIMEOUT": ("UV_HTTP_TIMEOUT",),
    "PIP_DEFAULT_TIMEOUT": ("UV_HTTP_TIMEOUT",),
    "PIP_CERT": ("SSL_CERT_FILE",),
    "PIP_PROXY": ("ALL_PROXY",),
}
_ON = frozenset({"1", "true", "yes", "on"})
_PRIVATE = frozenset({"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "UV_TARGET", "UV_PYTHON", "CONDA_PREFIX"})
_LOCKED = {"NO_COLOR": "1", "UV_NO_PROGRESS": "1", "PYTHONUNBUFFERED": "1", "PIP_NO_INPUT": "1"}


def installer_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of an installer: without what would make it look at another Python than the target's."""
    kept = {name: value for name, value in environment.items() if name not in _PRIVATE and name != "FORCE_COLOR"}
    return kept | _LOCKED | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def uv_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that tell uv what the PIP_* ones say; a variable of uv's own wins.

    Credentials in addresses stay in the environment: arguments can be read by everybody on the machine.
    """
    # As pip does: the best version of all indexes, not the best one of the first index that has the package.
    said = {} if environment.get("UV_INDEX_STRATEGY") else {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for name, (own, *others) in _NAMES.items():
        value = environment.get(name, "").strip()
        if value and not any(environment.get(each) for each in (own, *others)):
            said[own] = value
    links = [place for place in environment.get("PIP_FIND_LINKS", "").split() if "://" in place or Path(place).exists()]
    if links and not environment.get("UV_FIND_LINKS"):
        said["UV_FIND_LINKS"] = ",".join(links)
    if environment.get("PIP_PRE", "").lower() in _ON and not environment.get("UV_PRERELEASE"):
        said["UV_PRERELEASE"] = "allow"
    return said


def without_index(environment: Mapping[str, str]) -> bool:
    """Return whether pip is told to ask no index; uv has no variable for that."""
    return environment.get("PIP_NO_INDEX", "").lower() in _ON
