"""Upload: a package on its way from the client into a file. A broken or refused one leaves nothing."""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from funchost.errors import RefusedError

SUFFIX = ".upload"
_BUFFER = 1024 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def too_large(limit: int) -> RefusedError:
    return RefusedError(
        "PackageTooLarge",
        f"The package is larger than {limit:,} bytes, the limit of this server.",
        413,
        hint="Leave out what the app does not need (.funcignore), or start the server with a larger --upload-limit.",
    )


async def save(chunks: AsyncIterator[bytes], folder: Path, limit: int) -> Path:
    """Write what arrives into a new file and return its path; the caller owns it.

    Args:
        chunks: of the package; an error of theirs ends it.
        folder: made if it is missing.
        limit: bytes.

    Raises:
        RefusedError: 413 over the limit, 400 if nothing comes, 507 if the disk is full, 500 if it cannot be written.
    """
    try:
        file, path = await asyncio.to_thread(_new_file, folder)
    except OSError as error:
        raise _disk_error(error) from error
    try:
        try:
            await _write(chunks, file, limit)
        finally:
            await asyncio.to_thread(file.close)
    except BaseException as error:
        path.unlink(missing_ok=True)  # at once: the task may have been cancelled
        if isinstance(error, OSError) and not isinstance(error, ConnectionError):
            raise _disk_error(error) from error
        raise
    return path


def _new_file(folder: Path) -> tuple[BinaryIO, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(suffix=SUFFIX, dir=folder)
    return os.fdopen(descriptor, "wb"), Path(name)


async def _write(chunks: AsyncIterator[bytes], file: BinaryIO, limit: int) -> None:
    size = held = 0
    pieces: list[bytes] = []
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        pieces.append(chunk)
        held += len(chunk)
        if held >= _BUFFER:
            await asyncio.to_thread(file.write, b"".join(pieces))
            pieces, held = [], 0
    if not size:
        raise RefusedError("BadRequest", "The request has no body; a zip file is expected.", 400)
    await asyncio.to_thread(_finish, file, b"".join(pieces))


def _finish(file: BinaryIO, rest: bytes) -> None:
    file.write(rest)
    file.flush()
    os.fsync(file.fileno())


def _disk_error(error: OSError) -> RefusedError:
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        return RefusedError(
            "InsufficientStorage", f"The server has no room for the package: {reason}. Nothing has changed.", 507
        )
    return RefusedError("UploadFailed", f"The server cannot keep the package: {reason}. Nothing has changed.", 500)
