"""AppWatcher: notices that the app's files have changed.

File system events are only hints. Each hint takes a snapshot (watched_files.py); a difference from the snapshot
of the version that is loaded is a change. So nothing is lost between two watches, and a `touch` of a cache file
or an editor's temporary file starts nothing. Where the system has no events to give, snapshots are taken all the time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from funchost.host.watched_files import MAX_FOLDERS, Snapshot, WatchRules, changed_files, rescoped, take_snapshot
from funchost.logs import HostLog, LogLevel

DEBOUNCE_MS = 300
"""The existing host's delay for .py files."""
SETTLE_SECONDS = 1.0
"""How long the system may take to set up a watch; what changes meanwhile is looked for then."""
GONE_SECONDS = 1.0
"""How often an app folder that has disappeared is looked for."""
POLL_SECONDS = 1.0
"""How often a snapshot is taken where there are no events."""


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
        self._restart = asyncio.Event()
        self._warned: set[str] = set()
        self._loaded = self._snapshot()

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
        from watchfiles._rust_notify import WatchfilesRustInternalError

        polling = False
        while True:
            if not self._rules.enabled:
                await self._restart.wait()
                self._restart.clear()
                continue
            if not self._root.is_dir():
                # A deployment or a checkout is replacing it; watchfiles would watch nothing, for ever.
                await asyncio.sleep(GONE_SECONDS)
                continue
            snapshot = self._snapshot()
            self._compare(snapshot)
            self._restart.clear()
            if polling:
                await asyncio.sleep(POLL_SECONDS)
                continue
            try:
                await self._watch(snapshot)
            except* FileNotFoundError:
                await asyncio.sleep(GONE_SECONDS)  # a folder has gone since the snapshot
            except* (OSError, UnicodeEncodeError, WatchfilesRustInternalError) as errors:
                # No more watches to be had, or the name of a file or folder is no text, which watchfiles cannot take.
                reasons = ", ".join(map(str, _single(errors)))
                self._log.write(
                    LogLevel.WARNING, "Host.Startup", f"File events are not available ({reasons}); polling for changes."
                )
                polling = True

    async def _watch(self, snapshot: Snapshot) -> None:
        """Return when a folder has come or gone or new rules are there."""
        from watchfiles import Change, awatch

        events = awatch(
            *sorted(snapshot.folders),
            watch_filter=None,
            debounce=DEBOUNCE_MS,
            step=100,
            stop_event=self._restart,
            recursive=False,
            ignore_permission_denied=True,
        )
        late_look = asyncio.get_running_loop().call_later(SETTLE_SECONDS, self._look_again, snapshot)
        try:
            async for changes in events:
                now = self._snapshot()
                self._compare(now)
                # A folder that was removed and made anew has its old name but is not watched any more.
                gone = any(kind is Change.deleted and path in snapshot.folders for kind, path in changes)
                if gone or now.folders != snapshot.folders:
                    return
        finally:
            late_look.cancel()

    def _look_again(self, watched: Snapshot) -> None:
        now = self._snapshot()
        self._compare(now)
        if now.folders != watched.folders:
            self._restart.set()

    def _compare(self, now: Snapshot) -> None:
        changes = changed_files(self._loaded, now)
        if changes:
            self._loaded = now
            self._on_change(changes)

    def _snapshot(self) -> Snapshot:
        snapshot = take_snapshot(self._root, self._rules)
        if snapshot.truncated:
            self._warn_once(
                f"{self._root} has more than {MAX_FOLDERS} folders; changes in the rest do not reload the app."
            )
        for line in snapshot.refused:
            self._warn_once(f"{self._root / '.funcignore'}: {line!r} is not a pattern; the line does not count.")
        return snapshot

    def _warn_once(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            self._log.write(LogLevel.WARNING, "Host.Startup", text)


def _single(errors: BaseExceptionGroup[Exception]) -> Iterator[BaseException]:
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _single(error)
        else:
            yield error
