"""Operations that take longer than a call should: the client polls until they have ended."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Awaitable

from funchost.errors import FuncHostError, RefusedError
from funchost.http.reply import Reply, empty
from funchost.platform.api.arm.names import SUBSCRIPTION_ID
from funchost.platform.api.refusals import refused
from funchost.platform.api.request import ApiRequest

KEPT = 200
"""Operations whose outcome is remembered."""


class Operations:
    """Runs operations; outcomes are lost with the server, and asking for one then is 404."""

    def __init__(self) -> None:
        self._tasks: OrderedDict[str, asyncio.Task[None]] = OrderedDict()

    def begin(self, work: Awaitable[None], request: ApiRequest) -> Reply:
        """Start an operation; the answer names where its outcome will be."""
        id = secrets.token_hex(16)
        self._tasks[id] = asyncio.ensure_future(_run(work))
        while len(self._tasks) > KEPT:
            oldest, task = next(iter(self._tasks.items()))
            if not task.done():
                break
            del self._tasks[oldest]
        return _pending(request, id)

    async def get(self, request: ApiRequest) -> Reply:
        """Answer 202 while it runs, then 200 or why it failed."""
        id = request.values["operation"]
        task = self._tasks.get(id)
        if task is None:
            raise RefusedError("ResourceNotFound", "There is no such operation.", 404)
        if not task.done():
            return _pending(request, id)
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if error is None:
            return empty(200)
        if isinstance(error, FuncHostError):
            return refused(error)
        raise error

    async def close(self) -> None:
        """End what runs."""
        running = [task for task in self._tasks.values() if not task.done()]
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)


async def _run(work: Awaitable[None]) -> None:
    await work


def _pending(request: ApiRequest, id: str) -> Reply:
    host = next((value for name, value in request.scope["headers"] if name == b"host"), b"localhost")
    base = f"{request.addresses.scheme}://{host.decode('latin-1')}"
    place = f"{base}{SUBSCRIPTION_ID}/providers/Microsoft.Web/locations/local/operationResults/{id}"
    return Reply(202, [(b"location", f"{place}?api-version=2022-03-01".encode("latin-1")), (b"retry-after", b"1")])
