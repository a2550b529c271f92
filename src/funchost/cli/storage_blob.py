"""`func storage blob`: containers and blobs from the command line."""

from __future__ import annotations

import asyncio
import json
import mimetypes
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from uuid import uuid4

import click

from funchost.cli.command_group import group
from funchost.cli.grammar import ToolCommand, ToolOption
from funchost.cli.storage_connection import StorageChoice, connection_options, run_on_account
from funchost.errors import FuncHostError, UsageError

if TYPE_CHECKING:
    from funchost.app.invocation import Body
    from funchost.storage.account import StorageAccount
    from funchost.storage.blobs import BlobProperties

LIST_EXAMPLES = """\b
Examples:
  func storage blob list                       containers
  func storage blob list samples               blobs of a container
  func storage blob list samples 2026/ --json  those whose names begin so, with size, time and type"""
PUT_EXAMPLES = """\b
Examples:
  func storage blob put samples a.txt ./a.txt    the container is made if it is missing
  tar c . | func storage blob put backups app.tar -"""
GET_EXAMPLES = """\b
Examples:
  func storage blob get samples a.txt            to stdout
  func storage blob get samples a.txt ./a.txt    to a file, which is complete or not there"""

CHUNK = 1024 * 1024
SHOWN_FROM = 4 * 1024 * 1024
"""Size from which a progress bar is worth its lines."""


class FileBody:
    """A Body that is read from a file.

    Args:
        file: open, binary.
        size: None if it is not known: a pipe.
        bar: moves with what was read.
    """

    def __init__(self, file: IO[bytes], size: int | None, bar: Progress) -> None:
        self.size = size
        self._file = file
        self._bar = bar

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await asyncio.to_thread(self._file.read, CHUNK):
            yield piece
            self._bar.move(len(piece))


class Progress:
    """A progress bar on stderr, if that is a terminal and the blob is large; else nothing.

    Args:
        size: bytes in all, None = not known.
        label: what is going on.
    """

    def __init__(self, size: int | None, label: str) -> None:
        self._stack = ExitStack()
        self._bar: Any = None
        if size is not None and size >= SHOWN_FROM and sys.stderr.isatty():
            self._bar = self._stack.enter_context(click.progressbar(length=size, label=label, file=sys.stderr))

    def move(self, count: int) -> None:
        if self._bar is not None:
            self._bar.update(count)

    def close(self) -> None:
        self._stack.close()


def run_list(container: str | None, prefix: str, json_lines: bool, **where: Any) -> None:
    """List containers, or the blobs of one whose names begin with PREFIX, one name per line."""

    async def work(account: StorageAccount) -> None:
        if container is None:
            for found in await account.blobs.list_containers():
                click.echo(json.dumps({"name": found.name}, ensure_ascii=False) if json_lines else found.name)
            return
        marker: str | None = None
        while True:
            page = await account.blobs.list_blobs(container, prefix, marker)
            for blob in page.blobs:
                click.echo(_described(blob) if json_lines else blob.name)
            marker = page.next
            if marker is None:
                return

    run_on_account(StorageChoice(**where), work)


def _described(blob: BlobProperties) -> str:
    known = {
        "name": blob.name,
        "size": blob.size,
        "lastModified": blob.last_modified.isoformat(),
        "contentType": blob.content_type,
        "etag": blob.etag,
        "blobType": blob.blob_type,
    }
    return json.dumps(known, ensure_ascii=False)


def run_put(container: str, name: str, file: str, content_type: str | None, **where: Any) -> None:
    """Write a file (a dash means stdin) to a block blob; the container is made if it is missing."""
    kind = content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    with ExitStack() as stack:
        source = sys.stdin.buffer if file == "-" else stack.enter_context(_opened(Path(file)))
        size = None if file == "-" else os.fstat(source.fileno()).st_size
        bar = Progress(size, name)
        stack.callback(bar.close)
        body = FileBody(source, size, bar)

        async def work(account: StorageAccount) -> None:
            if await account.blobs.create_container(container):
                click.echo(f"Created the container {container}.", err=True)
            await account.blobs.put(container, name, body, content_type=kind)

        run_on_account(StorageChoice(**where), work, makes=True)


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}.") from None


def run_get(container: str, name: str, file: str, **where: Any) -> None:
    """Write a blob to a file, or to stdout."""

    with ExitStack() as stack:
        target = sys.stdout.buffer if file == "-" else stack.enter_context(_complete_file(Path(file)))

        async def work(account: StorageAccount) -> None:
            properties, body = await account.blobs.get(container, name)
            await _copy(body, target, properties.size, name)

        run_on_account(StorageChoice(**where), work)
        target.flush()


@contextmanager
def _complete_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name when all of it is there.

    A link leads to its file; a file that is there keeps its permissions; a pipe or a device is written to as it is.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as target:
                yield target
            return
        whole = path.resolve()
        part = whole.with_name(f"{whole.name[:100]}.{uuid4().hex[:8]}.part")
        try:
            with part.open("xb") as target:
                if whole.exists():
                    shutil.copymode(whole, part)
                yield target
            part.replace(whole)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise FuncHostError(f"{path}: {error.strerror or error}.") from error


async def _copy(body: bytes | Body, target: IO[bytes], size: int, label: str) -> None:
    if isinstance(body, bytes):
        target.write(body)
        return
    bar = Progress(size, label)
    try:
        async for piece in body:
            await asyncio.to_thread(target.write, piece)
            bar.move(len(piece))
    finally:
        bar.close()


def run_delete(container: str, name: str, **where: Any) -> None:
    """Delete a blob."""

    async def work(account: StorageAccount) -> None:
        await account.blobs.delete(container, name)

    run_on_account(StorageChoice(**where), work)


def _command(name: str, callback: Any, *params: click.Parameter, epilog: str | None = None) -> ToolCommand:
    return ToolCommand(
        name, params=[*params, *connection_options()], callback=callback, help=callback.__doc__, epilog=epilog
    )


def _blob_arguments() -> list[click.Argument]:
    return [click.Argument(["container"]), click.Argument(["name"])]


blob = group(
    "blob",
    "Containers and blobs.",
    _command(
        "list",
        run_list,
        click.Argument(["container"], required=False),
        click.Argument(["prefix"], required=False, default=""),
        ToolOption("json_lines", "--json", is_flag=True, help="One JSON document per line."),
        epilog=LIST_EXAMPLES,
    ),
    _command(
        "put",
        run_put,
        *_blob_arguments(),
        click.Argument(["file"]),
        ToolOption("content_type", "--content-type", metavar="TYPE", help="Default: by the end of the name."),
        epilog=PUT_EXAMPLES,
    ),
    _command(
        "get", run_get, *_blob_arguments(), click.Argument(["file"], required=False, default="-"), epilog=GET_EXAMPLES
    ),
    _command("delete", run_delete, *_blob_arguments()),
)
