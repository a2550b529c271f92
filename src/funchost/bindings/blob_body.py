"""BlobBody: the content of a long blob on its way to a worker, the same version of it however often it is read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator

from funchost.app.invocation import Body
from funchost.storage.blobs import BlobContent, BlobStore, Conditions


class BlobBody:
    """A Body that can be read again, each time from the store: attempts after the first need it.

    Args:
        store: where the blob is.
        content: of its first read, which is used up first; its body is a stream.
    """

    def __init__(self, store: BlobStore, content: BlobContent) -> None:
        self.size: int | None = content.properties.size
        self._store = store
        self._properties = content.properties
        self._opened: Body | None = content.body if not isinstance(content.body, bytes) else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Raises: StorageError if the blob has changed since, or its store is away."""
        opened, self._opened = self._opened, None
        body: bytes | Body | None = opened
        if body is None:
            properties = self._properties
            found = await self._store.get(
                properties.container, properties.name, conditions=Conditions(if_match=properties.etag)
            )
            body = found.body
        if isinstance(body, bytes):
            yield body
            return
        chunks = aiter(body)
        try:
            async for chunk in chunks:
                yield chunk
        finally:
            # Not the garbage collector's business: the store learns now that nobody reads on.
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()

    async def aclose(self) -> None:
        """Give up a content that was opened and never read."""
        opened, self._opened = self._opened, None
        close = getattr(opened, "aclose", None)
        if close is not None:
            await close()


def blob_body(store: BlobStore, content: BlobContent) -> bytes | BlobBody:
    """Return a blob's content for a ``bytes`` datum: in memory if it is short."""
    return content.body if isinstance(content.body, bytes) else BlobBody(store, content)
