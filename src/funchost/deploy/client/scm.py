"""ScmClient: the SCM API of one site (Kudu's interface): packages, deployments, logs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from funchost.deploy.client.functions_list import DeployedFunction, read_function
from funchost.deploy.client.refusals import refusal
from funchost.deploy.client.wire import STREAM_TIMEOUT, Wire, origin

FAILED, SUCCESS, CONFLICT, PARTIAL = 3, 4, 5, 6
STATUS_TEXTS = {
    -1: "unknown", 0: "pending", 1: "building", 2: "deploying",
    FAILED: "failed", SUCCESS: "success", CONFLICT: "conflict", PARTIAL: "partial success",
}  # fmt: skip
CHUNK = 64 * 1024


@dataclass(frozen=True)
class DeploymentRecord:
    """A deployment as the SCM API describes it.

    Args:
        id: of the deployment.
        status: number, see STATUS_TEXTS.
        status_text: why it failed, maybe empty.
        complete: whether it has ended.
        active: whether its version serves.
        author: who deployed.
        deployer: with what.
        message: what the author said.
        progress: what is being done now.
        received: ISO time, as are the others.
        ended: empty before.
    """

    id: str
    status: int
    status_text: str = ""
    complete: bool = False
    active: bool = False
    author: str = ""
    deployer: str = ""
    message: str = ""
    progress: str = ""
    received: str = ""
    ended: str = ""

    @property
    def ended_status(self) -> bool:
        return self.status in (FAILED, SUCCESS, CONFLICT, PARTIAL)

    @property
    def status_name(self) -> str:
        return STATUS_TEXTS.get(self.status, str(self.status))


@dataclass(frozen=True)
class LogEntry:
    """An entry of a deployment's log.

    Args:
        id: unique in its list.
        time: ISO time.
        message: one or several lines.
        details_url: where more entries are, None = there are none.
        error: whether it tells of a failure.
    """

    id: str
    time: str
    message: str
    details_url: str | None = None
    error: bool = False


class ScmClient:
    """Calls to one site's SCM API.

    Args:
        wire: with the credential.
        url: e.g. ``http://shop.scm.localhost:7070``.
    """

    def __init__(self, wire: Wire, url: str) -> None:
        self.wire = wire
        self.url = url

    async def settings(self) -> dict[str, str]:
        """Return the settings that deployments see."""
        found = (await self.wire.call("GET", f"{self.url}/api/settings")).json()
        return {str(name): "" if value is None else str(value) for name, value in (found or {}).items()}

    async def set_settings(self, settings: Mapping[str, str]) -> None:
        """Set some of the settings that deployments see."""
        await self.wire.call("POST", f"{self.url}/api/settings", body=dict(settings))

    async def delete_setting(self, name: str) -> None:
        """Take a setting away; on Azure only one that was set here goes."""
        await self.wire.call("DELETE", f"{self.url}/api/settings/{quote(name, safe='')}", allowed=(404,))

    async def is_deploying(self) -> bool:
        found = (await self.wire.call("GET", f"{self.url}/api/isdeploying")).json()
        return isinstance(found, dict) and str(found.get("value", "")).lower() == "true"

    async def deployments(self) -> tuple[DeploymentRecord, ...]:
        """Return the deployments, the newest first."""
        found = (await self.wire.call("GET", f"{self.url}/api/deployments")).json()
        records = [read_deployment(entry) for entry in found or () if isinstance(entry, dict)]
        return tuple(sorted(records, key=lambda record: record.received, reverse=True))

    async def deployment(self, deployment: str) -> DeploymentRecord:
        answer = await self.wire.call("GET", self._deployment(deployment))
        return read_deployment(answer.json() or {})

    async def log(self, deployment: str) -> tuple[LogEntry, ...]:
        return await self.log_entries(f"{self._deployment(deployment)}/log")

    async def log_entries(self, url: str) -> tuple[LogEntry, ...]:
        """Return the entries at an address of this SCM API; none for any other address, which may be anybody's."""
        if origin(url).lower() != origin(self.url).lower():
            return ()
        found = (await self.wire.call("GET", url)).json()
        return tuple(_entry(entry, at) for at, entry in enumerate(found or ()) if isinstance(entry, dict))

    async def redeploy(self, deployment: str) -> DeploymentRecord:
        """Make the version of a deployment serve again; it may not have happened when this returns."""
        url = f"{self._deployment(deployment)}?isAsync=true"
        answer = await self.wire.call("PUT", url, repeatable=False)
        return read_deployment(answer.json() or {})

    async def functions(self) -> tuple[DeployedFunction, ...]:
        found = (await self.wire.call("GET", f"{self.url}/api/functions")).json()
        return tuple(read_function(entry) for entry in found or () if isinstance(entry, dict))

    async def log_stream(self) -> AsyncIterator[bytes]:
        """Return the site's log as it is written, until the server ends it."""
        url = f"{self.url}/api/logstream/application"
        async with self.wire.request("GET", url, timeout=STREAM_TIMEOUT) as response:
            if response.status >= 300:
                raise refusal(response.status, await response.content.read(CHUNK), url)
            async for chunk in response.content.iter_any():
                yield chunk

    def address(self, path: str, **query: str) -> str:
        return f"{self.url}{path}?{urlencode(query)}"

    def _deployment(self, deployment: str) -> str:
        return f"{self.url}/api/deployments/{quote(deployment, safe='')}"


def read_deployment(document: Mapping[str, Any]) -> DeploymentRecord:
    """Return the deployment that an answer describes."""

    def text(name: str) -> str:
        return str(document.get(name) or "")

    status = document.get("status")
    return DeploymentRecord(
        id=text("id"),
        status=status if isinstance(status, int) else -1,
        status_text=text("status_text"),
        complete=bool(document.get("complete")),
        active=bool(document.get("active")),
        author=text("author"),
        deployer=text("deployer"),
        message=text("message"),
        progress=text("progress"),
        received=text("received_time"),
        ended=text("end_time"),
    )


def _entry(document: Mapping[str, Any], at: int) -> LogEntry:
    details = document.get("details_url")
    return LogEntry(
        id=str(document.get("id") or at),
        time=str(document.get("log_time") or ""),
        message=str(document.get("message") or ""),
        details_url=str(details) if details else None,
        error=document.get("type") == 2,
    )
