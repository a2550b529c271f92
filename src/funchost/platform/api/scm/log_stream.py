"""logstream: what a site's instances print, as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from funchost.http.reply import TEXT, Reply
from funchost.platform.api.backend import Apps, Logs
from funchost.platform.api.request import ApiRequest
from funchost.platform.api.routes import Route, route

BACKLOG_LINES = 50
_END = b""


class StreamTimes(NamedTuple):
    """Limits of a stream.

    Args:
        heartbeat: seconds without a line until one says so.
        idle: seconds without a line until the stream ends.
    """

    heartbeat: float = 60.0
    idle: float = 1800.0


class LogStreams:
    """Handlers of streams; they end with the server.

    Args:
        apps: whose logs they are.
        logs: see Logs.
        times: see StreamTimes.
    """

    def __init__(self, apps: Apps, logs: Logs, times: StreamTimes | None = None) -> None:
        self._apps = apps
        self._logs = logs
        self._times = times or StreamTimes()
        self._closing = asyncio.Event()

    async def stream(self, request: ApiRequest) -> Reply:
        site = await self._apps.site(request.site)
        lines = self._logs.follow(site.name, BACKLOG_LINES)
        headers = [TEXT, (b"x-accel-buffering", b"no")]
        return Reply(200, headers, LogStream(lines, self._times, self._closing))

    def close(self) -> None:
        """End all streams."""
        self._closing.set()


class LogStream:
    """A Body of log lines, with a word at its beginning, when nothing happens, and at its end.

    Args:
        lines: chunks of the log.
        times: see StreamTimes.
        closing: ends it.
        clock: the time for its own lines.
    """

    size: int | None = None

    def __init__(
        self,
        lines: AsyncIterator[bytes],
        times: StreamTimes,
        closing: asyncio.Event,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._lines = lines
        self._times = times
        self._closing = closing
        self._clock = clock

    async def __aiter__(self) -> AsyncIterator[bytes]:
        queue: asyncio.Queue[bytes] = asyncio.Queue(maxsize=16)
        tasks = [asyncio.create_task(self._pump(queue)), asyncio.create_task(self._until_closing(queue))]
        try:
            yield self._say("Welcome, you are now connected to the log stream.")
            silent = 0.0
            while silent < self._times.idle:
                try:
                    chunk = await asyncio.wait_for(queue.get(), self._times.heartbeat)
                except TimeoutError:
                    silent += self._times.heartbeat
                    yield self._say(f"No new lines in the past {silent / 60:.3g} min.")
                    continue
                if chunk == _END:
                    yield self._say("The log stream has ended.")
                    return
                silent = 0.0
                yield chunk
            yield self._say("The log stream ends: nothing has happened for long. Connect again to go on.")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _pump(self, queue: asyncio.Queue[bytes]) -> None:
        try:
            async for chunk in self._lines:
                if chunk:
                    await queue.put(chunk)
        finally:
            close = getattr(self._lines, "aclose", None)
            if close is not None:
                await close()
        await queue.put(_END)

    async def _until_closing(self, queue: asyncio.Queue[bytes]) -> None:
        await self._closing.wait()
        await queue.put(_END)

    def _say(self, text: str) -> bytes:
        return f"{self._clock().isoformat(timespec='milliseconds')}  {text}\n".encode()


def log_stream_routes(streams: LogStreams, prefixes: Iterable[str]) -> Iterable[Route]:
    for prefix in prefixes:
        yield route("GET", f"{prefix}logstream", streams.stream)
        yield route("GET", f"{prefix}logstream/{{kind}}", streams.stream)
        yield route("GET", f"{prefix}logstream/{{kind}}/{{place}}", streams.stream)
