"""The environment of a build process: clean, with the settings that pip and uv understand. Pure.

Names of pip's and uv's variables are theirs; a build gets those that say where packages come from and which of them to
take, never those that say where files go, which Python is used or which programs are run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_OF_THE_SERVER = frozenset(
    {
        "PATH",
        "LANG",
        "LC_ALL",
        "TZ",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "PIP_CERT",
        "GIT_SSL_CAINFO",
        "NIX_SSL_CERT_FILE",
    }
)
"""In upper case; proxies are usually written in lower case too."""

_PIP = frozenset(
    "INDEX_URL EXTRA_INDEX_URL NO_INDEX FIND_LINKS TRUSTED_HOST PROXY TIMEOUT DEFAULT_TIMEOUT RETRIES PRE PREFER_BINARY"
    " ONLY_BINARY NO_BINARY CONSTRAINT BUILD_CONSTRAINT REQUIRE_HASHES NO_DEPS NO_BUILD_ISOLATION USE_PEP517"
    " UPLOADED_PRIOR_TO".split()
)
_UV = frozenset(
    "DEFAULT_INDEX INDEX INDEX_URL EXTRA_INDEX_URL INDEX_STRATEGY NO_INDEX FIND_LINKS INSECURE_HOST HTTP_TIMEOUT"
    " HTTP_CONNECT_TIMEOUT HTTP_RETRIES NATIVE_TLS SYSTEM_CERTS PRERELEASE RESOLUTION FORK_STRATEGY EXCLUDE_NEWER"
    " EXCLUDE_NEWER_PACKAGE CONSTRAINT BUILD_CONSTRAINT OVERRIDE EXCLUDE REQUIRE_HASHES NO_VERIFY_HASHES NO_BUILD"
    " NO_BUILD_PACKAGE NO_BINARY NO_BINARY_PACKAGE NO_BUILD_ISOLATION NO_SOURCES CONCURRENT_DOWNLOADS CONCURRENT_BUILDS"
    " CONCURRENT_INSTALLS TORCH_BACKEND GIT_LFS".split()
)
_UV_CREDENTIALS = re.compile(r"UV_INDEX_[A-Z0-9_]+_(?:USERNAME|PASSWORD)", re.ASCII)
_CONFIGURES_BUILDS = re.compile(r"(?:PIP|UV|ORYX)_.*|CUSTOM_(?:REQUIREMENTSTXT_PATH|BUILD_COMMAND)", re.ASCII)
"""Settings of pip, of uv and of Azure's builds."""

PRE_BUILD_COMMAND = "PRE_BUILD_COMMAND"
POST_BUILD_COMMAND = "POST_BUILD_COMMAND"


class BuildEnvironment(NamedTuple):
    """What a build process finds in its environment.

    Args:
        variables: all of it; may hold credentials of package indexes.
        unused: names of app settings for builds that are not taken, sorted.
    """

    variables: dict[str, str]
    unused: tuple[str, ...]

    def __repr__(self) -> str:
        return f"BuildEnvironment(variables={sorted(self.variables)}, unused={self.unused})"


def build_environment(
    server: Mapping[str, str], settings: Mapping[str, str], work: Path, cache: Path
) -> BuildEnvironment:
    """Return the environment for a build.

    Args:
        server: the server's environment.
        settings: the app's settings.
        work: the build's own folder.
        cache: what builds share.
    """
    variables = {name: value for name, value in server.items() if name.upper() in _OF_THE_SERVER}
    unused: list[str] = []
    for name, value in settings.items():
        if _is_for_builds(name):
            variables[name.upper()] = value
        elif _CONFIGURES_BUILDS.fullmatch(name.upper()):
            unused.append(name)
    return BuildEnvironment(variables | _fixed(work, cache), tuple(sorted(unused)))


def command_setting(settings: Mapping[str, str], name: str) -> str | None:
    """Return the command in a setting, None if there is none."""
    for own, value in settings.items():
        if own.upper() == name and value.strip():
            return value.strip()
    return None


def _is_for_builds(name: str) -> bool:
    tool, _, rest = name.upper().partition("_")
    return (
        (tool == "PIP" and rest in _PIP)
        or (tool == "UV" and rest in _UV)
        or _UV_CREDENTIALS.fullmatch(name.upper()) is not None
    )


def _fixed(work: Path, cache: Path) -> dict[str, str]:
    temporary = str(work / "tmp")
    return {
        "HOME": str(work / "home"),
        "TMPDIR": temporary,
        "TMP": temporary,
        "TEMP": temporary,
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONNOUSERSITE": "1",
        "PIP_CACHE_DIR": str(cache / "pip"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_PROGRESS_BAR": "off",
        "PIP_ROOT_USER_ACTION": "ignore",
        "UV_CACHE_DIR": str(cache / "uv"),
        # A link into the cache would let a later build change the files of a version that runs.
        "UV_LINK_MODE": "copy",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
