"""TableStore: tables and entities, as the host uses them. Implemented by embedded/ and remote/."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple, Protocol

Entity = Mapping[str, Any]
"""An entity in the service's JSON form: ``PartitionKey``, ``RowKey``, and properties; a type that JSON has not stands
beside its property as ``<name>@odata.type`` (``Edm.Int64`` and ``Edm.DateTime`` values are text). Entities that were
read also have ``Timestamp`` and ``odata.etag``."""

ANY = "*"
"""The ETag that every entity matches."""

MAX_PAGE = 1000
MAX_BATCH = 100


class Write(Enum):
    """What a write does with an entity that is there, or is not."""

    INSERT = "insert"
    """Fails if it is there."""
    REPLACE = "replace"
    """Fails if it is not there or its ETag is another one."""
    MERGE = "merge"
    """As REPLACE, but properties that are not given stay."""
    UPSERT_REPLACE = "upsert replace"
    UPSERT_MERGE = "upsert merge"
    DELETE = "delete"


class Operation(NamedTuple):
    """One write; `etag` counts for REPLACE, MERGE and DELETE. DELETE needs the keys of the entity only."""

    write: Write
    entity: Entity
    etag: str = ANY


class Continuation(NamedTuple):
    """The keys at which the next page begins."""

    partition: str
    row: str


class EntityPage(NamedTuple):
    """One page of a query, by partition and row key; `next` is None at the end."""

    entities: tuple[Entity, ...]
    next: Continuation | None


class TableStore(Protocol):
    """Tables of one account.

    Every method raises StorageError with the service's error code (`TableNotFound`, `ResourceNotFound`,
    `EntityAlreadyExists`, `UpdateConditionNotSatisfied`, `InvalidInput` ...), and StorageUnavailableError when the
    store cannot be reached or is too busy.
    """

    @property
    def url(self) -> str:
        """Base URL of the service, without a slash at the end."""
        ...

    async def create_table(self, table: str) -> bool:
        """Return True if it was created, False if it was there."""
        ...

    async def delete_table(self, table: str) -> None: ...

    async def list_tables(self) -> tuple[str, ...]: ...

    async def get(self, table: str, partition: str, row: str) -> Entity: ...

    async def query(
        self,
        table: str,
        filter: str = "",
        *,
        select: Sequence[str] = (),
        top: int = MAX_PAGE,
        after: Continuation | None = None,
    ) -> EntityPage:
        """Return up to `top` entities that an OData filter selects; empty = all, every property."""
        ...

    async def write(self, table: str, operation: Operation) -> str | None:
        """Return the entity's new ETag, None after DELETE."""
        ...

    async def batch(self, table: str, operations: Sequence[Operation]) -> list[str | None]:
        """Do up to MAX_BATCH writes within one partition, all or none; the error names the first that fails."""
        ...
