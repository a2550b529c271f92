"""KeyStore: the app's keys, made when they are first needed, and what a presented key proves."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Callable, Mapping
from hmac import compare_digest
from pathlib import Path
from typing import NamedTuple

from funchost.http.endpoint import AuthLevel
from funchost.http.key_documents import (
    DEFAULT,
    HostKeys,
    read_function_keys,
    read_host_keys,
    write_function_keys,
    write_host_keys,
)
from funchost.http.key_files import KeyFiles, KeyRepository, SnapshotLimitError
from funchost.http.key_value import KeyKind, new_key
from funchost.logs import HostLog, LogLevel

HOST = "host"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,127}", re.ASCII | re.IGNORECASE)

MISS_SECONDS = 1.0
"""After a key that nothing knows, documents older than this are read again: somebody may have added it."""
HIT_SECONDS = 5.0
"""Documents older than this are read again in any case: somebody may have removed a key."""
SETTLE_SECONDS = 0.25
"""How long a document that cannot be parsed may take to become whole: an editor may be in the middle of writing it."""

_CATEGORY = "Host.General"


def can_have_keys(function: str) -> bool:
    """Return whether a function of that name can have keys of its own; a name that is not allowed has none."""
    return _NAME.fullmatch(function) is not None and function.lower() != HOST


class KeySet(NamedTuple):
    """A set of keys by name: ``functionKeys`` or ``systemKeys`` of the app, or the ``keys`` of one function."""

    kind: str
    function: str | None = None

    @property
    def document(self) -> str:
        return HOST if self.function is None else self.function.lower()


FUNCTION_KEYS = KeySet("functionKeys")
SYSTEM_KEYS = KeySet("systemKeys")


class _Cached:
    """A document in memory."""

    __slots__ = ("content", "keys", "read_at", "turn")

    def __init__(self) -> None:
        self.content: bytes | None = None
        self.keys: HostKeys | None = None
        self.read_at = float("-inf")
        self.turn = asyncio.Lock()


class KeyStore:
    """Keys of one app.

    Args:
        folder: where the key files live; made when the first key is.
        log: the console.
        repository: used instead of the files.
        clock: seconds, monotonic.
        settle_seconds: that a document which cannot be read gets, until whoever writes it has finished.
    """

    def __init__(
        self,
        folder: Path,
        log: HostLog,
        *,
        repository: KeyRepository | None = None,
        clock: Callable[[], float] = time.monotonic,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        self.folder = folder
        self._settle_seconds = settle_seconds
        self._repository = repository or KeyFiles(folder)
        self._log = log
        self._clock = clock
        self._documents: dict[str, _Cached] = {}
        self._origin = {"hostName": socket.gethostname(), "instanceId": socket.gethostname()}
        self._only_in_memory = False

    async def level_of(self, presented: str, function: str | None = None) -> AuthLevel:
        """Return what a key proves: ADMIN for the master key, FUNCTION for a key of the app or of that function.

        Args:
            function: the function that is called, None outside functions.
        """
        level = await self._compare(presented, function, HIT_SECONDS)
        if level is AuthLevel.ANONYMOUS:
            level = await self._compare(presented, function, MISS_SECONDS)
        return level

    async def proves_system(self, presented: str, name: str) -> bool:
        """Return whether the key is the system key called `name`, or the master key."""
        host = await self.host_keys()
        return _same(presented, host.master) | _same(presented, host.system.get(name, ""))

    async def ensure_system(self, name: str) -> None:
        """Make the system key called `name` if there is none."""
        if name not in (await self.host_keys()).system:
            await self.put(SYSTEM_KEYS, name, None)

    async def host_keys(self, max_age: float = MISS_SECONDS) -> HostKeys:
        """Return the app's keys; made first if there are none."""
        return await self._load(HOST, max_age)

    async def keys(self, where: KeySet) -> Mapping[str, str]:
        """Return the keys of a set by name; made first if there are none."""
        return _part(await self._load(where.document, MISS_SECONDS), where)

    async def put(self, where: KeySet, name: str, value: str | None) -> tuple[str, bool]:
        """Set a key, to a new random value if `value` is None. Return the value and whether the name is new."""
        kind = KeyKind.SYSTEM if where == SYSTEM_KEYS else KeyKind.FUNCTION
        final = new_key(kind) if value is None else value
        created = name not in await self.keys(where)
        await self._change(where.document, lambda keys: _with_part(keys, where, {**_part(keys, where), name: final}))
        return final, created

    async def put_master(self, value: str | None) -> str:
        """Set the master key, to a new random value if `value` is None. Return it."""
        final = new_key(KeyKind.MASTER) if value is None else value
        await self._change(HOST, lambda keys: keys._replace(master=final))
        return final

    async def delete(self, where: KeySet, name: str) -> bool:
        """Remove a key. Return False if there was none."""
        if name not in await self.keys(where):
            return False

        def without(keys: HostKeys) -> HostKeys:
            return _with_part(keys, where, {k: v for k, v in _part(keys, where).items() if k != name})

        await self._change(where.document, without)
        return True

    async def _compare(self, presented: str, function: str | None, max_age: float) -> AuthLevel:
        host = await self._load(HOST, max_age)
        own = (await self._load(function.lower(), max_age)).function if function is not None else {}
        # No early return: the time taken must not tell which key was nearly right.
        master = _same(presented, host.master)
        function_key = _any_same(presented, host.function) | _any_same(presented, own)
        system_key = _any_same(presented, host.system)
        if master:
            return AuthLevel.ADMIN
        if function_key:
            return AuthLevel.FUNCTION
        return AuthLevel.SYSTEM if system_key else AuthLevel.ANONYMOUS

    async def _load(self, name: str, max_age: float) -> HostKeys:
        """Return a document's keys; those of a function stand under `function`."""
        cached = self._documents.get(name)
        if cached is None:
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} cannot name a key document")
            cached = self._documents[name] = _Cached()
        if cached.keys is not None and self._clock() - cached.read_at < max_age:
            return cached.keys
        async with cached.turn:
            if cached.keys is not None and self._clock() - cached.read_at < max_age:
                return cached.keys
            await self._read(name, cached)
            keys = cached.keys
        assert keys is not None  # noqa: S101 - _read sets it
        return keys

    async def _read(self, name: str, cached: _Cached) -> None:
        try:
            content = await self._repository.read(name)
            if content is not None and content != cached.content and _parsed(name, content) is None:
                await asyncio.sleep(self._settle_seconds)
                content = await self._repository.read(name)
        except OSError as error:
            self._say_memory_only(error)
            content = cached.content
        cached.read_at = self._clock()
        if content is not None and content == cached.content:
            return
        keys = _parsed(name, content) if content is not None else None
        if keys is None and self._only_in_memory and cached.keys is not None:
            return
        if content is not None and keys is None and not await self._set_aside(name, content):
            cached.content, cached.keys = content, cached.keys or _fresh(name)
            return
        cached.content, cached.keys = content, keys
        if keys is None:
            await self._make(name, cached, content)

    async def _make(self, name: str, cached: _Cached, unreadable: bytes | None) -> None:
        fresh = _fresh(name)

        def fill(found: bytes | None) -> bytes:
            # Another host may have been faster; then its keys are ours.
            if found is not None and found != unreadable:
                return found
            return self._written(name, fresh)

        await self._store(name, cached, fill, fresh)

    async def _change(self, name: str, change: Callable[[HostKeys], HostKeys]) -> None:
        current = await self._load(name, 0.0)
        cached = self._documents[name]

        def rewrite(found: bytes | None) -> bytes:
            keys = _parsed(name, found) if found is not None else None
            return self._written(name, change(keys if keys is not None else current))

        async with cached.turn:
            await self._store(name, cached, rewrite, change(current))

    async def _store(self, name: str, cached: _Cached, change: Callable[[bytes | None], bytes], keys: HostKeys) -> None:
        """Write; when that is not possible, `keys` count in memory only."""
        try:
            content = await self._repository.update(name, change)
        except OSError as error:
            self._say_memory_only(error)
            cached.keys = keys
            return
        cached.content = content
        cached.keys = _parsed(name, content) or keys
        cached.read_at = self._clock()

    def _written(self, name: str, keys: HostKeys) -> bytes:
        if name == HOST:
            return write_host_keys(keys, self._origin)
        return write_function_keys(keys.function, self._origin)

    async def _set_aside(self, name: str, content: bytes) -> bool:
        """Keep a copy of a document that cannot be parsed. Return False if it must be left as it is."""
        try:
            place = await self._repository.keep_snapshot(name, content)
        except SnapshotLimitError as error:
            self._log.write(
                LogLevel.ERROR, _CATEGORY, f"The keys of '{name}' cannot be read and are not made anew: {error}"
            )
            return False
        except OSError as error:
            self._say_memory_only(error)
            return False
        self._log.write(
            LogLevel.WARNING,
            _CATEGORY,
            f"The keys of '{name}' cannot be read; new ones are made. The old document is kept as {place}.",
        )
        return True

    def _say_memory_only(self, error: OSError) -> None:
        if not self._only_in_memory:
            self._only_in_memory = True
            self._log.write(
                LogLevel.WARNING,
                _CATEGORY,
                f"Keys cannot be kept in {self.folder} ({error}); they live in memory and change with each start. "
                "Set FUNCTIONS_SECRETS_PATH to a folder that can be written.",
            )


def _parsed(name: str, content: bytes) -> HostKeys | None:
    try:
        return read_host_keys(content) if name == HOST else HostKeys("", read_function_keys(content), {})
    except ValueError:
        return None


def _fresh(name: str) -> HostKeys:
    function = {DEFAULT: new_key(KeyKind.FUNCTION)}
    return HostKeys(new_key(KeyKind.MASTER) if name == HOST else "", function, {})


def _part(keys: HostKeys, where: KeySet) -> Mapping[str, str]:
    return keys.system if where == SYSTEM_KEYS else keys.function


def _with_part(keys: HostKeys, where: KeySet, part: Mapping[str, str]) -> HostKeys:
    return keys._replace(system=part) if where == SYSTEM_KEYS else keys._replace(function=part)


def _same(presented: str, key: str) -> bool:
    return compare_digest(presented.encode("utf-8", "replace"), key.encode()) and key != ""


def _any_same(presented: str, keys: Mapping[str, str]) -> bool:
    found = False
    for key in keys.values():
        found |= _same(presented, key)
    return found
