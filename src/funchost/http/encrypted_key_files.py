"""EncryptedKeyFiles: a KeyRepository over a folder of files that nobody can read who lacks the secret."""

from __future__ import annotations

import asyncio
import base64
import errno
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from funchost.http.key_files import KeyFiles

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

SUFFIX = ".key"


class EncryptedKeyFiles:
    """`<folder>/<name>.key`, encrypted with Fernet (AES-128-CBC and HMAC-SHA256).

    A document that the secret does not open is neither replaced nor set aside: reading and writing it raise OSError,
    for it is more likely that the secret is the wrong one than that the file is broken.

    Args:
        folder: made when the first document is.
        secret: any bytes, at least 16; the key of the cipher is a hash of it.
    """

    def __init__(self, folder: Path, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("the secret of key documents has less than 16 bytes")
        self._folder = folder
        self._files = KeyFiles(folder, SUFFIX)
        self._secret = secret
        self._cipher: Fernet | None = None

    async def read(self, name: str) -> bytes | None:
        found = await self._files.read(name)
        return None if found is None else await asyncio.to_thread(self._opened, name, found)

    async def update(self, name: str, change: Callable[[bytes | None], bytes]) -> bytes:
        written = b""

        def replace(found: bytes | None) -> bytes:
            nonlocal written
            before = None if found is None else self._opened(name, found)
            written = change(before)
            # The same text encrypted again would be another one.
            return found if found is not None and written == before else self._sealed(written)

        await self._files.update(name, replace)
        return written

    async def keep_snapshot(self, name: str, document: bytes) -> str:
        return await self._files.keep_snapshot(name, await asyncio.to_thread(self._sealed, document))

    def _opened(self, name: str, content: bytes) -> bytes:
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet().decrypt(content)
        except InvalidToken:
            path = str(self._folder / f"{name}{SUFFIX}")
            raise OSError(errno.EINVAL, "encrypted with another secret, or broken", path) from None

    def _sealed(self, content: bytes) -> bytes:
        return self._fernet().encrypt(content)

    def _fernet(self) -> Fernet:
        if self._cipher is None:
            # A tenth of a second of imports, in a thread, when the first key is asked for.
            from cryptography.fernet import Fernet

            digest = hashlib.sha256(b"funchost key documents\0" + self._secret).digest()
            self._cipher = Fernet(base64.urlsafe_b64encode(digest))
        return self._cipher
