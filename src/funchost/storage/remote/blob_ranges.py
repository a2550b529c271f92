"""BlobRanges: the content of a long blob, fetched in ranges that all belong to one version of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

RANGE = 4 * 1024 * 1024
"""Bytes fetched at once; a reader that keeps pace has two ranges in memory."""


class BlobRanges:
    """A Body over a blob. Nothing is held between two pieces, so it may be left unread or half read.

    Args:
        first: what was fetched already.
        size: bytes in all, `first` included.
        fetch: returns the bytes from one position to another (exclusive), of the version that `first` is of.
    """

    def __init__(self, first: bytes, size: int, fetch: Callable[[int, int], Awaitable[bytes]]) -> None:
        self.size: int | None = size
        self._first = first
        self._length = size
        self._fetch = fetch

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the content in pieces of up to RANGE bytes, the next one being fetched meanwhile.

        Raises:
            StorageError: ``ConditionNotMet`` if the blob was written in between; whatever else reading can raise.
        """
        piece = self._first
        position = len(piece)
        self._first = b""
        while position < self._length:
            end = min(position + RANGE, self._length)
            ahead = asyncio.ensure_future(self._fetch(position, end))
            try:
                yield piece
                piece = await ahead
            finally:
                if not ahead.done():
                    ahead.cancel()
                    with suppress(asyncio.CancelledError):
                        await ahead
                elif not ahead.cancelled():
                    ahead.exception()  # an error that the reader did not stay for
            position = end
        yield piece
