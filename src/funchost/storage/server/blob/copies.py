"""Copies: of a whole blob, or of a range as a block or an appended block, from a URL of this front."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from funchost.app.invocation import Body
from funchost.errors import StorageError
from funchost.storage.embedded import blob_writes
from funchost.storage.embedded.blob_access import Arrival
from funchost.storage.embedded.blob_conditions import check_source
from funchost.storage.embedded.blob_content import Change, Content, content_of, share_content
from funchost.storage.embedded.blob_names import ROOT, check_blob
from funchost.storage.embedded.blob_row import BlobRow, ContentHeaders, pack, require_blob, unpack
from funchost.storage.embedded.blob_writes import BLOCK_BLOB, Draft, Place
from funchost.storage.embedded.containers import container_id
from funchost.storage.server.authentication import Authentication
from funchost.storage.server.blob.blob_call import BlobCall
from funchost.storage.server.blob.blocks import block_id, stage_arrival
from funchost.storage.server.blob.request_headers import (
    check_md5,
    flag,
    read_conditions,
    read_content_headers,
    read_metadata,
    read_range,
    read_tags,
    read_tier,
    required,
    resolve_range,
)
from funchost.storage.server.blob.response_headers import time_text, written_headers
from funchost.storage.server.blob.uploads import MAX_APPEND, append_arrival, write_conditions
from funchost.storage.server.call import Call
from funchost.storage.server.exchange import StorageReply
from funchost.storage.server.refusal import refusal, unsupported, wrong_header
from funchost.storage.server.target import Target, read_query, read_target

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_URL_CHARACTERS = "/%:@!$&'()*+,;=~-._"

Drafted = Callable[[BlobCall, BlobRow], Draft]


class Source(NamedTuple):
    """The blob that a copy reads; the caller may read it."""

    account: str
    container: str
    name: str
    snapshot: str

    def find(self, call: BlobCall, connection: sqlite3.Connection) -> BlobRow:
        """Return the source in the state that the request asks for.

        Raises:
            StorageError: 404 CannotVerifyCopySource, 412 SourceConditionNotMet.
        """
        try:
            container = container_id(connection, self.account, self.container)
            row = require_blob(connection, container, self.name, self.snapshot)
        except StorageError as error:
            raise StorageError("CannotVerifyCopySource", error.reason, 404) from None
        check_source(read_conditions(call.headers, "x-ms-source-"), row.version)
        return row


class Copies:
    """Operations with an ``x-ms-copy-source``.

    Args:
        authentication: of the front that the sources belong to.
    """

    def __init__(self, authentication: Authentication) -> None:
        self._authentication = authentication

    async def copy_blob(self, call: BlobCall) -> StorageReply:
        """Copy Blob, and Copy Blob from URL: content is shared, so that both are done at once."""
        row = await self._copy(call, _copied)
        copy = {"x-ms-copy-id": unpack(row.copy)["id"], "x-ms-copy-status": "success"}
        return StorageReply(202, {**written_headers(row), **copy})

    async def put_blob_from_url(self, call: BlobCall) -> StorageReply:
        """Put Blob from URL: a block blob with the content of another blob."""
        kind = required(call.headers, "x-ms-blob-type")
        if kind != BLOCK_BLOB:
            raise wrong_header("x-ms-blob-type", kind)
        row = await self._copy(call, _put_from)
        headers = written_headers(row)
        if row.md5:
            headers["content-md5"] = row.md5
        return StorageReply(201, headers)

    async def put_block_from_url(self, call: BlobCall) -> StorageReply:
        """Put Block from URL."""
        block = block_id(call)
        return await stage_arrival(call, block, await self._receive(call))

    async def append_block_from_url(self, call: BlobCall) -> StorageReply:
        """Append Block from URL."""
        conditions = call.conditions
        arrival = await self._receive(call)
        if arrival.upload.size > MAX_APPEND:
            await call.access.drop(arrival)
            raise refusal("RequestBodyTooLarge", MaxLimit=str(MAX_APPEND))
        return await append_arrival(call, arrival, conditions)

    async def _copy(self, call: BlobCall, drafted: Drafted) -> BlobRow:
        check_blob(call.name)
        source = await self._source(call)
        conditions = write_conditions(call)

        def write(change: Change, place: Place) -> BlobRow:
            found = source.find(call, change.connection)
            before = blob_writes.writable(change, place, conditions)
            draft = drafted(call, found)
            content = share_content(change, content_of(found))
            row = blob_writes.replace_blob(change, place, before, content, draft)
            blob_writes.drop_blocks(change, place)
            return row

        return await call.change(write)

    async def _receive(self, call: BlobCall) -> Arrival:
        source = await self._source(call)
        wanted = read_range(call.headers, "x-ms-source-range")

        def find(connection: sqlite3.Connection) -> tuple[BlobRow, Content, int, int]:
            row = source.find(call, connection)
            return row, content_of(row), *resolve_range(wanted, row.size)

        body: bytes | Body
        _, body = await call.access.open(find)
        md5 = call.headers.get("x-ms-source-content-md5")
        arrival = await call.access.receive(body, hashed=md5 is not None)
        try:
            check_md5(md5, arrival.upload.md5)
        except StorageError:
            await call.access.drop(arrival)
            raise
        return arrival

    async def _source(self, call: BlobCall) -> Source:
        """Return the source of a copy, if the caller may read it."""
        target, query, raw_query, scheme = read_source(call)
        if target.account != call.account or call.request.grant.permissions is not None:
            head = Call("blob", "GET", target, target.raw_path, raw_query, query, {}, scheme, "")
            try:
                await self._authentication.check(head)
            except StorageError as error:
                raise StorageError("CannotVerifyCopySource", error.reason, error.status) from None
        container, slash, name = target.path.partition("/")
        place = (container, name) if slash else (ROOT, container)
        return Source(target.account, *place, query.get("snapshot", ""))


class SourceUrl(NamedTuple):
    """A source's URL in its parts."""

    target: Target
    query: dict[str, str]
    raw_query: bytes
    scheme: str


def read_source(call: BlobCall) -> SourceUrl:
    """Return what the ``x-ms-copy-source`` of a request names.

    Raises:
        StorageError: InvalidHeaderValue: it is no URL; 501: it is the URL of another server.
    """
    text = required(call.headers, "x-ms-copy-source")
    try:
        url = urlsplit(text)
        here = urlsplit(call.request.url)
        same_port = url.port == here.port
    except ValueError:
        raise wrong_header("x-ms-copy-source", text) from None
    if not url.scheme or not url.netloc or len(url.path) < 2:
        raise wrong_header("x-ms-copy-source", text)
    if not same_port or (url.hostname != here.hostname and not {url.hostname, here.hostname} <= LOOPBACK):
        raise unsupported(call.request, "Copy Blob from another server")
    target = read_target("blob", url.netloc, quote(url.path, safe=_URL_CHARACTERS).encode("ascii"))
    raw_query = url.query.encode()
    return SourceUrl(target, dict(read_query(raw_query)), raw_query, url.scheme)


def _copied(call: BlobCall, found: BlobRow) -> Draft:
    metadata = read_metadata(call.headers)
    copies_tags = call.headers.get("x-ms-copy-source-tag-option", "").upper() == "COPY"
    return Draft(
        found.headers,
        pack(metadata) if metadata else found.metadata,
        found.tags if copies_tags else read_tags(call.headers),
        read_tier(call.headers) or found.tier,
        found.kind,
        pack(
            {
                "id": str(uuid.uuid4()),
                "source": call.headers["x-ms-copy-source"].partition("?")[0],
                "status": "success",
                "progress": f"{found.size}/{found.size}",
                "completion-time": time_text(call.now),
            }
        ),
    )


def _put_from(call: BlobCall, found: BlobRow) -> Draft:
    if found.md5:
        check_md5(call.headers.get("x-ms-source-content-md5"), found.md5)
    given = read_content_headers(call.headers, fallback=False)
    if "x-ms-copy-source-blob-properties" not in call.headers or flag(call.headers, "x-ms-copy-source-blob-properties"):
        given = ContentHeaders(*(ours or theirs for ours, theirs in zip(given, found.headers, strict=True)))
    draft = _copied(call, found)
    return draft._replace(headers=given._replace(content_md5=found.md5), kind=BLOCK_BLOB, copy="")
