"""The environment of an app on a server: its settings, what the platform says of it, and nothing of the server's. Pure.

Names that the platform sets are those of Azure; see docs/compatibility.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from funchost.platform.connection_string import ConnectionType
from funchost.platform.site import PRODUCTION, Revision, SiteName
from funchost.settings import same_name

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT = "AZURE_FUNCTIONS_ENVIRONMENT"
INSTANCE = "WEBSITE_INSTANCE_ID"

MAX_HOST_ID = 32

_CONNECTION_STRINGS = "connectionstrings:"


def instance_environment(
    revision: Revision,
    *,
    instance: str,
    root: Path,
    python: tuple[int, int, int],
    executable: Path,
    folder: Path,
    hostname: str,
) -> dict[str, str]:
    """Return the whole environment of an instance's workers.

    Settings win over what has a default here (PATH, LANG and the like); the names that say who and where the instance
    is are the platform's alone.

    Args:
        instance: id of the instance.
        root: folder of host.json.
        python: version of the app's Python.
        executable: that Python.
        folder: of the instance; holds its home and its temporary files.
        hostname: host and port under which the site is reached.
    """
    site = revision.site
    defaults = {
        "PATH": f"{executable.parent}:{PATH}",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AzureFunctionsWebHost__hostid": host_id(site),
        "FUNCTIONS_EXTENSION_VERSION": "~4",
        "FUNCTIONS_WORKER_RUNTIME": "python",
    }
    own = {
        "HOME": str(home_folder(folder)),
        "TMPDIR": str(temporary_folder(folder)),
        "AzureWebJobsScriptRoot": str(root),
        "FUNCTIONS_WORKER_RUNTIME_VERSION": f"{python[0]}.{python[1]}",
        "WEBSITE_SITE_NAME": site.app,
        "WEBSITE_SLOT_NAME": site.slot or PRODUCTION.capitalize(),
        "WEBSITE_HOSTNAME": hostname,
        INSTANCE: instance,
    }
    taken = {same_name(name) for name in own}
    settings = {name: value for name, value in revision.settings.items() if same_name(name) not in taken}
    said = {same_name(name) for name in settings}
    kept = {name: value for name, value in defaults.items() if same_name(name) not in said}
    return {
        **kept,
        **settings,
        **_connection_strings(settings, revision.connection_types),
        **own,
        **_environment(settings),
    }


def host_id(site: SiteName) -> str:
    """Return the id that locks of all instances of a site are named after; no two sites have the same."""
    if len(site.label) <= MAX_HOST_ID:
        return site.label
    digits = hashlib.sha256(site.label.encode("ascii")).hexdigest()[:10]
    return f"{site.label[: MAX_HOST_ID - 11]}-{digits}"


def home_folder(folder: Path) -> Path:
    """Return the home of an instance, below its folder."""
    return folder / "home"


def temporary_folder(folder: Path) -> Path:
    """Return where an instance has its temporary files, below its folder."""
    return folder / "tmp"


def _connection_strings(settings: Mapping[str, str], types: Mapping[str, ConnectionType]) -> dict[str, str]:
    """Return the connection strings under the names that Azure gives those of their type."""
    found = (name for name in settings if same_name(name).startswith(_CONNECTION_STRINGS))
    named = ((name, name[len("ConnectionStrings") :].lstrip(":_")) for name in found)
    return {types.get(name, ConnectionType.CUSTOM).prefix + short: settings[name] for name, short in named if short}


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """A server is no developer's machine, where keys are not asked for, whatever the settings say."""
    spelling = next((name for name in settings if same_name(name) == same_name(ENVIRONMENT)), ENVIRONMENT)
    said = settings.get(spelling, "").strip()
    return {spelling: "Production"} if said.lower() in ("", "development") else {}
