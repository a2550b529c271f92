"""AppWatcher: notices that the app's files have changed.

File system events are only hints. Each hint takes a snapshot (watched_files.py); a difference from the snapshot
of the version that is loaded is a change. So nothing is lost between two watches, and a `touch` of a cache file
or an editor's temporary file starts nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from funchost.host.watched_files import MAX_FOLDERS, Snapshot, WatchRules, changed_files, rescoped, take_snapshot
from funchost.logs import HostLog, LogLevel

DEBOUNCE_MS = 300
"""The existing host's delay for .py files."""


class AppWatcher:
    """Calls `on_change` with (kind, path) pairs when files of the app that count have changed.

    Args:
        root: absolute app folder.
        log: told when watching is not possible or limited.
        on_change: called on the loop, once per burst of changes.
    """

    def __init__(self, root: Path, log: HostLog, on_change: Callable[[list[tuple[str, str]]], None]) -> None:
        self._root = root
        self._log = log
        self._on_change = on_change
        self._rules = WatchRules()
        self._loaded = take_snapshot(root, self._rules)
        self._restart = asyncio.Event()
        self._warned = False

    def use(self, rules: WatchRules) -> None:
        """Watch by these rules from now on."""
        if rules != self._rules:
            self._rules = rules
            self._loaded = rescoped(self._loaded, self._snapshot())
            self._restart.set()

    def mark_loaded(self) -> None:
        """Take the present state of the files as the one that is being loaded."""
        self._loaded = self._snapshot()

    async def run(self) -> None:
        """Watch until cancelled."""
        # 50 ms; here they pass while the first worker starts, not when the first request comes.
        await asyncio.to_thread(import_module, "watchfiles")
        polling = False
        while True:
            if not self._rules.enabled:
                await self._restart.wait()
                self._restart.clear()
                continue
            snapshot = self._snapshot()
            self._compare(snapshot)
            self._restart.clear()
            try:
                await self._watch(snapshot, polling)
            except OSError as error:
                if polling:
                    raise
                self._log.write(
                    LogLevel.WARNING, "Host.Startup", f"File events are not available ({error}); polling for changes."
                )
                polling = True

    async def _watch(self, snapshot: Snapshot, polling: bool) -> None:
        """Return when the set of folders has changed or new rules are there."""
        from watchfiles import awatch

        events = awatch(
            *sorted(snapshot.folders),
            watch_filter=None,
            debounce=DEBOUNCE_MS,
            step=100,
            stop_event=self._restart,
            recursive=False,
            force_polling=polling,
            ignore_permission_denied=True,
        )
        async for _ in events:
            now = self._snapshot()
            self._compare(now)
            if now.folders != snapshot.folders:
                return

    def _compare(self, now: Snapshot) -> None:
        changes = changed_files(self._loaded, now)
        if changes:
            self._loaded = now
            self._on_change(changes)

    def _snapshot(self) -> Snapshot:
        snapshot = take_snapshot(self._root, self._rules)
        if snapshot.truncated and not self._warned:
            self._warned = True
            self._log.write(
                LogLevel.WARNING,
                "Host.Startup",
                f"{self._root} has more than {MAX_FOLDERS} folders; changes in the rest do not reload the app.",
            )
        return snapshot
