"""Which local settings go to the site. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from funchost.deploy.client.publish_plan import RUNTIME, SettingChanges

CONNECTION_PREFIX = "ConnectionStrings:"
DEVELOPMENT_STORAGE = "usedevelopmentstorage=true"

Overwrite = Callable[[str, str, str], bool]
"""Decides about a setting whose values differ: name, the site's value, the local one."""


@dataclass(frozen=True)
class SettingsPush:
    """What is to be done with the local settings.

    Args:
        changes: to the site's settings; secret.
        lines: one for each setting, values hidden.
    """

    changes: SettingChanges = field(repr=False)
    lines: tuple[str, ...]


def push_settings(local: Mapping[str, str], remote: Mapping[str, str], overwrite: Overwrite) -> SettingsPush:
    """Return what is to be done; nothing is ever deleted.

    Args:
        local: `Values` of local.settings.json; connection strings as ``ConnectionStrings:<name>`` stay here.
        remote: the site's app settings.
        overwrite: asked where both have a value and they differ.
    """
    spelled = {name.lower(): name for name in remote}
    put: dict[str, str] = {}
    lines: list[str] = []
    for name, value in local.items():
        there = spelled.get(name.lower())
        if name.startswith(CONNECTION_PREFIX):
            lines.append(f"Skipping {name}: connection strings are not published.")
        elif DEVELOPMENT_STORAGE in value.replace(" ", "").lower():
            kept = "the app keeps its own" if there else "set the app's own with 'config appsettings set'"
            lines.append(f"Skipping {name}: development storage is on this machine only; {kept}.")
        elif there is not None and remote[there] == value:
            lines.append(f"{name} is the same already")
        elif there is not None and name.upper() != RUNTIME and not overwrite(name, remote[there], value):
            lines.append(f"Keeping {name} as the app has it")
        else:
            put[there or name] = value
            lines.append(f"Setting {name} = ****")
    return SettingsPush(SettingChanges(put), tuple(lines))
