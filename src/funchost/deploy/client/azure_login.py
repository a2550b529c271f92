"""The login of the Azure command line tools on this machine: tokens and addresses that they know."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

PUBLIC_AZURE = "https://management.azure.com"
DOMAINS = (
    "management.azure.com",
    "management.core.windows.net",
    "management.usgovcloudapi.net",
    "management.chinacloudapi.cn",
    "management.microsoftazure.de",
)
"""Where Azure's management calls are: public, public (older name), US government, China, Germany."""

TIMEOUT = 60.0

Run = Callable[[Sequence[str]], str | None]
"""Runs a command; returns its stdout, None if it is not installed or fails."""


def run_command(arguments: Sequence[str]) -> str | None:
    """Run one of the Azure tools quietly; see Run."""
    program = shutil.which(arguments[0])
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - fixed words; no shell
            [program, *arguments[1:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError, UnicodeDecodeError):
        return None
    return done.stdout if done.returncode == 0 else None


def is_azure(url: str) -> bool:
    """Return whether management calls to `url` go to Azure itself."""
    return (urlsplit(url).hostname or "").lower() in DOMAINS


def login_token(run: Run, url: str) -> str | None:
    """Return what the logged-in az prints as the token for `url`, else what Az PowerShell does, else None."""
    found = run(["az", "account", "get-access-token", "--resource", url, "--output", "json"])
    if found and found.strip():
        return found
    quoted = url.replace("'", "''")
    script = (
        f"$found = (Get-AzAccessToken -ResourceUrl '{quoted}' -WarningAction SilentlyContinue).Token;"
        " if ($found -is [securestring]) { $found = [Net.NetworkCredential]::new('', $found).Password }; $found"
    )
    for shell in ("pwsh", "powershell"):
        found = run([shell, "-NoProfile", "-NonInteractive", "-Command", script])
        if found and found.strip():
            return found
    return None


def cloud_url(run: Run) -> str | None:
    """Return where the management calls of the cloud that az is set to are, None without az."""
    found = run(["az", "cloud", "show", "--query", "endpoints.resourceManager", "--output", "tsv"])
    return found.strip().rstrip("/") if found and found.strip() else None
