"""The kinds of bindings that the host reads and writes, by lower-cased type. `http` is the HTTP front's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from funchost.bindings.blob import BlobKind
from funchost.bindings.event_grid import EventGridKind
from funchost.bindings.kind import Kind
from funchost.bindings.queue import QueueKind
from funchost.bindings.table import TableKind

KINDS: Mapping[str, Kind] = MappingProxyType(
    {"blob": BlobKind(), "eventgrid": EventGridKind(), "queue": QueueKind(), "table": TableKind()}
)
