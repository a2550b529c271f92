"""The Python versions of a server, as clients read them to warn before a version's end of life."""

from __future__ import annotations

from collections.abc import Sequence

END_OF_LIFE = {
    "3.6": "2021-12-23",
    "3.7": "2023-06-27",
    "3.8": "2024-10-07",
    "3.9": "2025-10-31",
    "3.10": "2026-10-31",
    "3.11": "2027-10-31",
    "3.12": "2028-10-31",
    "3.13": "2029-10-31",
    "3.14": "2030-10-31",
}
"""By the Python developers' schedule; the month's last day where they name a month."""

_FUNCTIONS_VERSIONS = {"3.6": ["~2", "~3", "~4"], "3.7": ["~2", "~3", "~4"], "3.8": ["~3", "~4"]}


def function_app_stacks(versions: Sequence[str]) -> dict[str, object]:
    """Return the document.

    Args:
        versions: that this server has, e.g. ``3.11``.
    """
    python = {
        "id": None,
        "name": "python",
        "type": "Microsoft.Web/functionAppStacks",
        "properties": {
            "displayText": "Python",
            "value": "python",
            "preferredOs": "linux",
            "majorVersions": [
                {"displayText": "Python 3", "value": "3", "minorVersions": [_minor(version) for version in versions]}
            ],
        },
    }
    return {"value": [python], "nextLink": None, "id": None}


def _minor(version: str) -> dict[str, object]:
    runtime = {
        "runtimeVersion": f"Python|{version}",
        "isHidden": False,
        "isPreview": False,
        "remoteDebuggingSupported": False,
        "appInsightsSettings": {"isSupported": False},
        "appSettingsDictionary": {"FUNCTIONS_WORKER_RUNTIME": "python"},
        "siteConfigPropertiesDictionary": {"use32BitWorkerProcess": False, "linuxFxVersion": f"Python|{version}"},
        "supportedFunctionsExtensionVersions": _FUNCTIONS_VERSIONS.get(version, ["~4"]),
    }
    if version in END_OF_LIFE:
        runtime["endOfLifeDate"] = f"{END_OF_LIFE[version]}T00:00:00Z"
    return {
        "displayText": f"Python {version}",
        "value": version,
        "stackSettings": {"linuxRuntimeSettings": runtime},
    }
