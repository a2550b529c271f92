"""AppLogs: what the instances of each site print, in files of the site and for those who follow it.

A line is as the instance wrote it, behind the first eight characters of the instance's id; the server's own notes stand
behind the word ``server``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from datetime import UTC, datetime

from funchost.logs import without_control
from funchost.platform.app_log_files import LogFiles, LogLimits
from funchost.platform.app_log_follower import LogFollower
from funchost.platform.data_directory import DataDirectory
from funchost.platform.site import SiteName

INTERVAL = 0.05
"""Seconds that lines may wait for others before they are written together."""
WAITING_LIMIT = 4 * 1024 * 1024
"""Bytes of one site that may wait for the disk."""
LINE_LIMIT = 64 * 1024
"""Bytes; what has no line end by then is cut."""

_ID_LENGTH = 8
_SERVER = b"server   "


class _SiteLog:
    """The log of one site."""

    def __init__(self, files: LogFiles) -> None:
        self.files = files
        self.followers: set[LogFollower] = set()
        self._waiting: list[bytes] = []
        self._size = 0
        self._dropped = 0
        self._begun: dict[str, bytes] = {}

    def completed(self, instance: str, data: bytes) -> bytes:
        """Return the lines that `data` completes, each with its line end."""
        text = self._begun.pop(instance, b"") + data
        end = text.rfind(b"\n") + 1
        whole, rest = text[:end], text[end:]
        if len(rest) > LINE_LIMIT:
            return whole + rest + b"\n"
        if rest:
            self._begun[instance] = rest
        return whole

    def rest(self, instance: str) -> bytes:
        """Return a line that was begun and not ended, with a line end, or nothing."""
        rest = self._begun.pop(instance, b"")
        return rest + b"\n" if rest else b""

    def add(self, lines: bytes) -> None:
        if self._size + len(lines) > WAITING_LIMIT:
            self._dropped += lines.count(b"\n")
            return
        self._waiting.append(lines)
        self._size += len(lines)
        for follower in self.followers:
            follower.put(lines)

    def take(self) -> bytes:
        """Return what waits for the disk."""
        lines = b"".join(self._waiting)
        if self._dropped:
            lines += (
                _SERVER + b"(%d lines are left out here: they came faster than the disk takes them)\n" % self._dropped
            )
        self._waiting.clear()
        self._size = self._dropped = 0
        return lines


class AppLogs:
    """The logs of all sites. All methods are for the event loop; none but `follow`, `remove` and `close` waits.

    Args:
        data: where the files live.
        limits: of each site, None = the usual ones.
    """

    def __init__(self, data: DataDirectory, limits: LogLimits | None = None) -> None:
        self._data = data
        self._limits = limits or LogLimits()
        self._sites: dict[SiteName, _SiteLog] = {}
        # One thread: what is read comes after what was written before, and a slow disk holds up nothing else.
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="app logs")
        self._writing: asyncio.Task[None] | None = None
        self._closed = False

    def write(self, site: SiteName, instance: str, data: bytes) -> None:
        """Take what an instance printed; lines may arrive in pieces."""
        log = self._log(site)
        self._add(log, instance.encode("ascii", "replace")[:_ID_LENGTH] + b" ", log.completed(instance, data))

    def end(self, site: SiteName, instance: str) -> None:
        """An instance prints no more; a line that it began is taken as it is."""
        log = self._log(site)
        self._add(log, instance.encode("ascii", "replace")[:_ID_LENGTH] + b" ", log.rest(instance))

    def note(self, site: SiteName, text: str) -> None:
        """Add a note of the server's own, of one or more lines; it may quote what an app says of itself."""
        stamp = datetime.now(UTC).strftime("[%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z] "
        self._add(self._log(site), _SERVER + stamp.encode("ascii"), without_control(text).rstrip("\n").encode() + b"\n")

    async def follow(self, site: SiteName, backlog_lines: int = 0) -> AsyncGenerator[bytes, None]:
        """Yield the last lines, then those that come, one or several at a time, until the site is removed.

        Nothing is missed or repeated between the two. Who reads too slowly finds a line in place of what was left out.
        """
        log = self._log(site)
        follower = LogFollower()
        before = log.take()
        log.followers.add(follower)
        try:
            loop = asyncio.get_running_loop()
            backlog = await loop.run_in_executor(self._disk, _append_and_tail, log.files, before, backlog_lines)
            if backlog:
                yield backlog
            async with aclosing(follower.lines()) as lines:
                async for some in lines:
                    yield some
        finally:
            log.followers.discard(follower)

    async def remove(self, site: SiteName) -> None:
        """Delete the log of a site; its followers come to their end."""
        log = self._sites.pop(site, None) or self._log(site)
        self._sites.pop(site, None)
        for follower in log.followers:
            follower.close()
        await asyncio.get_running_loop().run_in_executor(self._disk, log.files.remove)

    async def close(self) -> None:
        """Write what waits, and end; idempotent."""
        self._closed = True
        for log in self._sites.values():
            for follower in log.followers:
                follower.close()
        if self._writing is not None:
            await asyncio.wait((self._writing,))
        await asyncio.to_thread(self._disk.shutdown)

    def _log(self, site: SiteName) -> _SiteLog:
        log = self._sites.get(site)
        if log is None:
            log = self._sites[site] = _SiteLog(LogFiles(self._data.logs(site), self._limits))
        return log

    def _add(self, log: _SiteLog, prefix: bytes, lines: bytes) -> None:
        if not lines or self._closed:
            return
        log.add(prefix + lines[:-1].replace(b"\n", b"\n" + prefix) + b"\n")
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_out(), name="app logs")

    async def _write_out(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(INTERVAL)
            batches = [(log.files, lines) for log in self._sites.values() if (lines := log.take())]
            if not batches:
                return
            await loop.run_in_executor(self._disk, _append_all, batches)


def _append_all(batches: list[tuple[LogFiles, bytes]]) -> None:
    for files, lines in batches:
        files.append(lines)


def _append_and_tail(files: LogFiles, lines: bytes, count: int) -> bytes:
    files.append(lines)
    return files.tail(count)
