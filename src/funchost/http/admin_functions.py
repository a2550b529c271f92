"""Admin API of functions: /admin/functions/..., except their keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import msgspec

from funchost.app.function_app import FunctionApp, Model
from funchost.errors import StorageError
from funchost.http.admin_host import READ_ONLY
from funchost.http.admin_request import AdminRequest, BadRequestError
from funchost.http.app_archive import build_archive
from funchost.http.control import HostControl
from funchost.http.function_description import broken_description, function_description
from funchost.http.function_files import FileRefusedError, FunctionFiles
from funchost.http.manual_input import manual_invocation
from funchost.http.reply import Reply, empty, json_reply


class _InvokeBody(msgspec.Struct):
    input: str | None = None


class _FunctionBody(msgspec.Struct):
    config: dict[str, object] | None = None
    files: dict[str, str] | None = None


class FunctionEndpoints:
    """Handlers. A request's value is the function's name.

    Args:
        control: the host.
        root: the app's folder.
        secrets: folder of the key files; never part of a download.
        read_only: the app's folder must not be written to.
    """

    def __init__(self, control: HostControl, root: Path, secrets: Path, read_only: bool) -> None:
        self._control = control
        self._root = root
        self._secrets = secrets
        self._read_only = read_only
        self._files = FunctionFiles(root)

    async def list(self, request: AdminRequest) -> Reply:
        app = self._control.app
        if app is None:
            return json_reply([])
        names = {f.name for f in app.functions} | app.errors.keys()
        shown = [_described(app, name, request.base_url) for name in sorted(names, key=lambda n: (n.lower(), n))]
        return json_reply(shown)

    async def get(self, request: AdminRequest) -> Reply:
        app = self._control.app
        found = None if app is None else _described(app, request.values[0], request.base_url)
        return empty(404) if found is None else json_reply(found)

    async def status(self, request: AdminRequest) -> Reply:
        errors = self._control.function_errors(request.values[0])
        if errors is None:
            return empty(404)
        return json_reply({"errors": [*errors]} if errors else {})

    async def invoke(self, request: AdminRequest) -> Reply:
        """Start the function and answer at once; how it ends is in the log."""
        app = self._control.app
        function, error = (None, None) if app is None else app.find(request.values[0])
        if error is not None:
            raise BadRequestError(error.message, 404)
        if function is None:
            return empty(404)
        body = await request.json(_InvokeBody)
        text = body.input or ""
        try:
            invocation = await self._control.manual_invocation(function, text)
            if invocation is None:
                invocation = manual_invocation(function, text, request.base_url)
        except (ValueError, StorageError) as error:
            raise BadRequestError(str(error)) from None
        self._control.invoke_in_background(invocation)
        return empty(202)

    async def put(self, request: AdminRequest) -> Reply:
        """Write the function's files; the host notices and loads them."""
        self._check_writable()
        name = request.values[0]
        body = await request.json(_FunctionBody)
        await self._change(lambda: self._files.write(name, body.config, body.files or {}))
        href = f"{request.base_url}/admin/functions/{quote(name)}"
        return json_reply({"name": name, "href": href, "config": body.config, "files": body.files}, 201)

    async def delete(self, request: AdminRequest) -> Reply:
        name = request.values[0]
        if self._control.function_errors(name) is None:
            return empty(404)
        self._check_writable()
        await self._change(lambda: self._files.remove(name))
        return empty(204)

    async def download(self, request: AdminRequest) -> Reply:
        archive = await asyncio.to_thread(build_archive, self._root, self._secrets)
        headers = [
            (b"content-type", b"application/octet-stream"),
            (b"content-disposition", b"attachment; filename=app.zip"),
        ]
        return Reply(200, headers, archive)

    def _check_writable(self) -> None:
        if self._read_only:
            raise BadRequestError(READ_ONLY)
        app = self._control.app
        if app is not None and app.model is Model.DECORATORS:
            raise BadRequestError("The functions of this app are declared in its Python code; change them there.")

    async def _change(self, change: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(change)
        except FileRefusedError as error:
            raise BadRequestError(str(error)) from None
        except OSError as error:
            raise BadRequestError(f"{error.filename}: {error.strerror}.") from None


def _described(app: FunctionApp, name: str, base_url: str) -> dict[str, object] | None:
    """Return the function's object, None if there is no such function."""
    function, error = app.find(name)
    if function is not None:
        return function_description(function, app, base_url)
    return None if error is None else broken_description(error.function, base_url)
