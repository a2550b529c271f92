"""Entities and keys as the table service writes them in JSON, URLs and batches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from funchost.storage.tables import Entity

_OWN_MEMBERS = ("odata.metadata", "odata.type", "odata.id", "odata.editLink", "Timestamp@odata.type")
_READ_ONLY = ("Timestamp", "Timestamp@odata.type")


def entity_json(entity: Entity) -> bytes:
    """Return an entity as it is written: without what only the service sets."""
    kept = {name: value for name, value in entity.items() if not (name.startswith("odata.") or name in _READ_ONLY)}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()


def entity_from(members: Mapping[str, Any]) -> Entity:
    """Return an entity from the service's JSON: without the members that describe the answer."""
    return {name: value for name, value in members.items() if name not in _OWN_MEMBERS}


def entity_path(table: str, entity: Entity) -> str:
    """Return the path of one entity, encoded."""
    partition, row = key_text(str(entity.get("PartitionKey", ""))), key_text(str(entity.get("RowKey", "")))
    return f"/{quote(table, safe='')}(PartitionKey='{partition}',RowKey='{row}')"


def key_text(key: str) -> str:
    """Return a key as it stands between quotes in a path, encoded."""
    return quote(key.replace("'", "''"), safe="")
