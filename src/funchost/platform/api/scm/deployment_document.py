"""Deployments and their logs as the SCM API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from funchost.platform.api.arm.site_document import iso_time
from funchost.platform.api.backend import Apps, Deployments
from funchost.platform.api.request import ApiRequest
from funchost.platform.deployment import Deployment, DeploymentStatus, LogLine

_MESSAGE, _ERROR = 0, 2
_TICK = 0.000001
"""Clients ask for entries later than the last one they showed, so no two may have the same time."""


async def requested_deployment(apps: Apps, deployments: Deployments, request: ApiRequest) -> Deployment:
    """Return the deployment that a call names.

    Raises:
        RefusedError: 404, there is no such site or deployment.
    """
    site = await apps.site(request.site)
    return await deployments.deployment(site.name, request.values["deployment"])


def deployment_document(
    deployment: Deployment, base_url: str, *, last_success: float | None = None
) -> dict[str, object]:
    """Return a deployment's object.

    Args:
        base_url: of the site's SCM API.
        last_success: when the site's latest successful deployment ended, seconds since 1970.
    """
    url = f"{base_url}/api/deployments/{deployment.id}"
    succeeded = deployment.status is DeploymentStatus.SUCCESS
    return {
        "id": deployment.id,
        "status": int(deployment.status),
        "status_text": deployment.status_text,
        "author_email": deployment.origin.author_email or "N/A",
        "author": deployment.origin.author or "N/A",
        "deployer": deployment.origin.deployer,
        "message": deployment.origin.message or "Created via a push deployment",
        "progress": deployment.progress,
        "received_time": iso_time(deployment.received),
        "start_time": iso_time(deployment.started if deployment.started is not None else deployment.received),
        "end_time": _optional(deployment.ended),
        "last_success_end_time": _optional(deployment.ended if succeeded else last_success),
        "complete": deployment.status.ended,
        "active": deployment.active,
        "is_temp": False,
        "is_readonly": True,
        "url": url,
        "log_url": f"{url}/log",
        "site_name": str(deployment.site),
        "provisioningState": _provisioning(deployment.status),
        "package": deployment.package,
        "version": deployment.version,
        "build": deployment.build.value,
    }


def log_documents(lines: Sequence[LogLine], first: int = 0) -> list[dict[str, object]]:
    """Return the entries of a log, each at a time of its own.

    Args:
        lines: of the log, from its beginning.
        first: number of the first line that is wanted.
    """
    times = list(accumulate((line.time for line in lines), lambda before, own: max(own, before + _TICK)))
    return [
        {
            "log_time": iso_time(times[place]),
            "id": str(place),
            "message": line.message,
            "type": _ERROR if line.error else _MESSAGE,
            "details_url": None,
        }
        for place, line in enumerate(lines)
        if place >= first
    ]


def _optional(seconds: float | None) -> str | None:
    return None if seconds is None else iso_time(seconds)


def _provisioning(status: DeploymentStatus) -> str:
    if status is DeploymentStatus.SUCCESS:
        return "Succeeded"
    return "Failed" if status is DeploymentStatus.FAILED else "InProgress"
