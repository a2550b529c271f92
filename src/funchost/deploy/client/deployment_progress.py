"""Follows a deployment to its end, showing its log as it grows."""

from __future__ import annotations

from collections.abc import Callable

from funchost.deploy.client.scm import DeploymentRecord, LogEntry, ScmClient
from funchost.deploy.client.wire import Sleep
from funchost.errors import ServerUnreachableError

FIRST_PAUSE = 0.2
PAUSE_GROWTH = 1.4
LONGEST = 3600.0
"""Seconds that a deployment is waited for; a server's own limit ends it long before."""


class LogReader:
    """Reads a log that grows, each line once.

    Args:
        scm: of the site.
        deployment: id.
    """

    def __init__(self, scm: ScmClient, deployment: str) -> None:
        self._scm = scm
        self._deployment = deployment
        self._seen: set[tuple[str, str]] = set()
        self._finished: set[str] = set()

    async def new_lines(self) -> list[str]:
        """Return the lines that have come since the last call."""
        lines: list[str] = []
        entries = await self._scm.log(self._deployment)
        for entry in entries:
            lines += self._fresh("", entry)
            if entry.details_url and entry.id not in self._finished:
                for inner in await self._scm.log_entries(entry.details_url):
                    lines += self._fresh(entry.id, inner)
                # Only the last step of a deployment can still grow.
                if entry is not entries[-1]:
                    self._finished.add(entry.id)
        return lines

    def _fresh(self, parent: str, entry: LogEntry) -> list[str]:
        key = parent, entry.id
        if key in self._seen:
            return []
        self._seen.add(key)
        return entry.message.rstrip("\n").split("\n") if entry.message.strip() else []


async def follow(
    scm: ScmClient, deployment: str, *, on_line: Callable[[str], None], sleep: Sleep, longest_pause: float
) -> DeploymentRecord:
    """Wait until a deployment has ended.

    Args:
        scm: of the site.
        deployment: id.
        on_line: gets each line of its log, as it comes.
        sleep: waits, seconds.
        longest_pause: between two looks, seconds.

    Raises:
        ServerUnreachableError: the server is gone or says nothing of an end within an hour: the outcome is unknown.
    """
    log = LogReader(scm, deployment)
    waited, pause = 0.0, FIRST_PAUSE
    while True:
        record = await scm.deployment(deployment)
        lines = await log.new_lines()
        for line in lines:
            on_line(line)
        if record.ended_status or record.complete:
            return record
        if waited > LONGEST:
            raise ServerUnreachableError(f"The deployment {deployment} has not ended after an hour; it may go on.")
        await sleep(pause)
        waited += pause
        pause = FIRST_PAUSE if lines else min(pause * PAUSE_GROWTH, longest_pause)
