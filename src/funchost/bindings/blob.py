"""Blob bindings: a blob as an input, and as an output.

What is written where follows the existing host (docs/compatibility.md): containers are made, metadata of the blob that
is overwritten stays, and `AzureWebJobsParentId` says which invocation wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass

from funchost.app.binding_expression import Template
from funchost.app.function_app import Binding
from funchost.app.invocation import NOTHING, Body, Datum
from funchost.bindings.blob_body import blob_body
from funchost.bindings.blob_path import BlobPath, check_template, parse_blob_path
from funchost.bindings.deferred import blob_reference, is_deferred
from funchost.bindings.failure import BindingFailure, about
from funchost.bindings.kind import BindingCall, Declared
from funchost.errors import StorageError
from funchost.storage.account import StorageAccount
from funchost.storage.blobs import BlobStore
from funchost.storage.connections import Connection

PARENT_ID = "AzureWebJobsParentId"
NOT_FOUND = 404
_BLOCK_BLOB = "BlockBlob"


@dataclass(frozen=True)
class _Place:
    """Where the blob of a binding is."""

    path: Template
    connection: Connection

    async def find(self, call: BindingCall) -> tuple[StorageAccount, BlobPath]:
        text = call.render(self.path)
        with about(f"blob '{text}'"):
            account = await call.account(self.connection)
            return account, parse_blob_path(text, account.blobs.url)


@dataclass(frozen=True)
class BlobInput:
    """Reads a blob; None for the function if there is none."""

    place: _Place

    @property
    def templates(self) -> tuple[Template, ...]:
        return (self.place.path,)

    async def read(self, call: BindingCall) -> Datum:
        """Raises: BindingFailure."""
        account, path = await self.place.find(call)
        with about(f"blob '{path}'"):
            try:
                content = await account.blobs.get(path.container, path.name)
            except StorageError as error:
                if error.status == NOT_FOUND:
                    return NOTHING
                raise
            return Datum("bytes", blob_body(account.blobs, content))


@dataclass(frozen=True)
class DeferredBlobInput:
    """Tells the function's SDK client which blob it is for."""

    place: _Place
    binding: Binding

    @property
    def templates(self) -> tuple[Template, ...]:
        return (self.place.path,)

    async def read(self, call: BindingCall) -> Datum:
        """Raises: BindingFailure."""
        _, path = await self.place.find(call)
        return blob_reference(self.binding, path)


@dataclass(frozen=True)
class BlobOutput:
    """Writes a block blob."""

    place: _Place

    @property
    def templates(self) -> tuple[Template, ...]:
        return (self.place.path,)

    async def write(self, call: BindingCall, value: Datum) -> None:
        """Raises: BindingFailure."""
        account, path = await self.place.find(call)
        with about(f"blob '{path}'"):
            body = _content(value)
            metadata = await _metadata(account.blobs, path)
            metadata[PARENT_ID] = call.invocation.id
            await account.blobs.put(path.container, path.name, body, metadata=metadata)


class BlobKind:
    """Plans bindings of type `blob`."""

    def plan_input(self, declared: Declared) -> BlobInput | DeferredBlobInput:
        """Raises: DeclarationProblem."""
        place = _place(declared)
        return DeferredBlobInput(place, declared.binding) if is_deferred(declared.binding) else BlobInput(place)

    def plan_output(self, declared: Declared) -> BlobOutput:
        """Raises: DeclarationProblem."""
        return BlobOutput(_place(declared))


def _place(declared: Declared) -> _Place:
    path = declared.required("path")
    try:
        check_template(path)
    except ValueError as error:
        raise declared.problem(str(error), "path") from error
    return _Place(path, declared.connection())


def _content(value: Datum) -> bytes | Body:
    kind, content = value
    if kind == "bytes":
        return content  # type: ignore[return-value] # what Datum says
    if kind in ("string", "json"):
        return str(content).encode("utf-8", "surrogatepass")
    if kind in ("int", "double"):
        return str(content).encode()
    raise BindingFailure(f"a value of kind {kind} cannot be written to a blob; give it a str, bytes or a file.")


async def _metadata(store: BlobStore, path: BlobPath) -> dict[str, str]:
    """The metadata that stays, and the container in any case.

    Raises:
        BindingFailure: there is a blob that cannot be overwritten.
    """
    try:
        found = await store.properties(path.container, path.name)
    except StorageError as error:
        if error.status != NOT_FOUND:
            raise
        if error.code != "BlobNotFound":
            await store.create_container(path.container)
        return {}
    if found.blob_type != _BLOCK_BLOB:
        raise BindingFailure(
            "Cannot bind to page or append blobs using 'out string', 'TextWriter', or writable 'Stream' parameters. "
            f"'{path}' is of type {found.blob_type}."
        )
    return {name: text for name, text in found.metadata.items() if name.lower() != PARENT_ID.lower()}
