"""NoticeSender: tells the other hosts of a store what was committed, and notices what they commit."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable

from funchost.storage.embedded.notices_channel import NoticeChannel
from funchost.storage.embedded.notices_hosts import HostRegistry

SEND_EVERY = 0.005
"""Seconds between datagrams; what is committed in between shares one."""

LOOK_EVERY = 1.0
"""Seconds between looks at the store for changes whose notice was lost."""

PRUNE_EVERY = 30.0


class NoticeSender:
    """Belongs to the writer's thread, but for `forget_peers`.

    Args:
        connection: the writer's.
        changed: called when other hosts have committed something.
        died: called when hosts have died whose entries should go.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        channel: NoticeChannel,
        hosts: HostRegistry,
        changed: Callable[[], None],
        died: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._channel = channel
        self._hosts = hosts
        self._changed = changed
        self._died = died
        self._unsent: set[str] = set()
        self._sent_at = 0.0
        self._look_at = time.monotonic() + LOOK_EVERY
        self._prune_at = time.monotonic() + PRUNE_EVERY
        self._version = self._data_version()
        self._peers: frozenset[int] | None = None

    def greet(self) -> None:
        """Make this host known to the others."""
        self._channel.send(self._known_peers(), ())

    def forget_peers(self) -> None:
        """Read anew who the others are before the next notice; from any thread."""
        self._peers = None

    def knows(self, port: int) -> bool:
        return self._peers is not None and port in self._peers

    def send(self, topics: Iterable[str]) -> None:
        """Note what to tell the other hosts with the next `tick`."""
        self._unsent.update(topics)

    def tick(self) -> float:
        """Do what is due; return in how many seconds there is something to do again."""
        now = time.monotonic()
        try:
            self._flush(now)
            if now >= self._look_at:
                self._look_at = now + LOOK_EVERY
                self._look(now)
        except sqlite3.Error:  # a damaged or vanished file: whoever reads or writes next is told
            self._unsent.clear()
        due = min(self._look_at, self._sent_at + SEND_EVERY) if self._unsent else self._look_at
        return max(due - now, 0.0)

    def _flush(self, now: float) -> None:
        if self._unsent and now - self._sent_at >= SEND_EVERY:
            peers = self._known_peers()
            if peers:
                self._channel.send(peers, self._unsent)
                self._sent_at = now
            self._unsent.clear()

    def _look(self, now: float) -> None:
        version = self._data_version()
        if version != self._version:
            self._version = version
            self._peers = None
            self._changed()
        if now >= self._prune_at:
            self._prune_at = now + PRUNE_EVERY
            if self._hosts.has_dead(self._connection):
                self._died()

    def _known_peers(self) -> frozenset[int]:
        peers = self._peers
        if peers is None:
            peers = self._peers = self._hosts.peers(self._connection)
        return peers

    def _data_version(self) -> int:
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)
