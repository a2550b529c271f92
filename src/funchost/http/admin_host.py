"""Admin API of the host itself: /admin/host/..., except its keys."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import msgspec

from funchost.http.admin_request import AdminRequest, BadRequestError
from funchost.http.control import HostControl, HostState
from funchost.http.pages import OFFLINE_FILE
from funchost.http.redaction import redacted
from funchost.http.reply import Reply, empty, json_reply, text
from funchost.logs import HostLog, LogLevel

READ_ONLY = (
    "Your app is currently in read only mode. Its files are those of the deployed package; "
    "deploy a new package to change them."
)
_OFFLINE_PAGE = b"<!DOCTYPE html>\n<html><head><title>Offline</title></head><body>This app is offline.</body></html>\n"


class _LogEntry(msgspec.Struct, rename="camel"):
    message: str | None = None
    level: int | str = LogLevel.INFORMATION.value
    source: str | None = None
    function_name: str | None = None


class HostEndpoints:
    """Handlers.

    Args:
        control: the host.
        log: the console.
        root: the app's folder.
        secrets: folder of the key files.
        read_only: the app's folder must not be written to.
    """

    def __init__(self, control: HostControl, log: HostLog, root: Path, secrets: Path, read_only: bool) -> None:
        self._control = control
        self._log = log
        self._root = root
        self._secrets = secrets
        self._read_only = read_only

    async def ping(self, request: AdminRequest) -> Reply:
        return Reply(200, [(b"cache-control", b"no-store,no-cache")])

    async def warmup(self, request: AdminRequest) -> Reply:
        await self._control.warm_up()
        return empty(200)

    async def status(self, request: AdminRequest) -> Reply:
        status = self._control.status()
        answer: dict[str, object] = {
            "id": status.id,
            "state": status.state.value,
            "version": status.version,
            "versionDetails": status.version_details,
            "instanceId": status.instance_id,
            "computerName": status.computer_name,
            "processUptime": status.process_uptime,
            "functionAppContentEditingState": "NotAllowed" if self._read_only else "Allowed",
        }
        if status.extension_bundle is not None:
            answer["extensionBundle"] = {"id": status.extension_bundle[0], "version": status.extension_bundle[1]}
        if status.errors:
            answer["errors"] = list(status.errors)
        return json_reply(answer)

    async def config(self, request: AdminRequest) -> Reply:
        app = self._control.app
        return empty(503) if app is None else json_reply(redacted(app.host.raw))

    async def drain(self, request: AdminRequest) -> Reply:
        self._control.drain()
        return empty(202)

    async def drain_status(self, request: AdminRequest) -> Reply:
        status = self._control.drain_status()
        return json_reply(
            {
                "state": status.state.value,
                "outstandingInvocations": status.outstanding_invocations,
                "outstandingRetries": status.outstanding_retries,
            }
        )

    async def resume(self, request: AdminRequest) -> Reply:
        if self._control.state is not HostState.RUNNING:
            return empty(409)
        return json_reply({"state": (await self._control.resume()).value})

    async def restart(self, request: AdminRequest) -> Reply:
        self._control.restart()
        return json_reply(self._paths())

    def _paths(self) -> Mapping[str, object]:
        return {
            "isFileSystemReadOnly": self._read_only,
            "isScmRunFromPackage": False,
            "isSelfHost": True,
            "hasParentScope": False,
            "logPath": None,
            "scriptPath": str(self._root),
            "secretsPath": str(self._secrets),
            "testDataPath": None,
        }

    async def set_state(self, request: AdminRequest) -> Reply:
        """Take the app offline, or back: `app_offline.htm` in its folder decides, and the host watches it."""
        wanted = (await request.json(str)).lower()
        if wanted not in ("offline", "running"):
            raise BadRequestError('The state must be "running" or "offline".')
        if self._read_only:
            raise BadRequestError(READ_ONLY)
        changed = await asyncio.to_thread(self._set_offline, wanted == "offline")
        if not changed and wanted == "running" and self._control.state is not HostState.RUNNING:
            raise BadRequestError(f"The host is not offline, its state is {self._control.state.value}.")
        return empty(202 if changed else 200)

    def _set_offline(self, offline: bool) -> bool:
        """Return whether anything had to be done."""
        path = self._root / OFFLINE_FILE
        if offline == path.exists():
            return False
        try:
            path.write_bytes(_OFFLINE_PAGE) if offline else path.unlink()
        except OSError as error:
            raise BadRequestError(f"{path}: {error.strerror}.") from None
        return True

    async def sync_triggers(self, request: AdminRequest) -> Reply:
        return json_reply({"status": "Invalid environment for SyncTriggers operation."}, 500)

    async def write_log(self, request: AdminRequest) -> Reply:
        try:
            entries = await request.json(list[_LogEntry])
            levels = [LogLevel.parse(str(entry.level)) for entry in entries]
        except (BadRequestError, ValueError):
            return text(400, "An array of log entry objects is expected.")
        for entry, level in zip(entries, levels, strict=True):
            self._log.write(
                level, entry.source or "Host.General", entry.message or "", function=entry.function_name or ""
            )
        return empty(200)

    async def debug(self, request: AdminRequest) -> Reply:
        return empty(501)

    async def scale_status(self, request: AdminRequest) -> Reply:
        return text(400, "Runtime scale monitoring is not enabled.")
