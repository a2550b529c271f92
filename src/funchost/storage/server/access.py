"""What a shared access signature must grant for an operation. Pure.

The tables are those of the services' reference, "Create an account SAS" and "Create a service SAS".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from funchost.storage.server.exchange import ServiceName

ResourceKind = Literal["s", "c", "o"]
"""Service, container (queue, table), object (blob, message, entity): the letters of an account's signature."""

_NOBODY = ("",)
"""Only the account's key allows it."""

_BLOB_COMP: Mapping[str, str] = {
    "block": "wc",
    "blocklist": "wc",
    "appendblock": "aw",
    "tags": "t",
    "snapshot": "cw",
    "lease": "wd",
}


class Need(NamedTuple):
    """What a signature must grant.

    Args:
        letters: one permission of each text; an empty text = no signature is enough.
        kind: of resource.
        by_service: whether a signature for a single container, queue or table can do.
    """

    letters: tuple[str, ...]
    kind: ResourceKind
    by_service: bool = True


def need(service: ServiceName, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Need:
    """Return what the operation needs; arguments as in StorageRequest."""
    if not path and (service != "table" or query.get("restype") == "service"):
        return _service_need(method, query.get("comp", ""))
    if service == "blob":
        return _blob_need(method, path, query)
    if service == "queue":
        return _queue_need(method, path, query)
    return _table_need(method, path, query.get("comp", ""), "if-match" in headers)


def _service_need(method: str, comp: str) -> Need:
    if comp == "list":
        return Need(("l",), "s", False)
    if comp == "batch":
        return Need(("dw",), "s", False)
    if comp == "blobs":
        return Need(("f",), "s", False)
    return Need(("r" if method in ("GET", "HEAD") else "w",), "s", False)


def _blob_need(method: str, path: str, query: Mapping[str, str]) -> Need:
    comp = query.get("comp", "")
    if query.get("restype") == "container" or "/" not in path:
        return _container_need(method, comp)
    if method in ("GET", "HEAD"):
        return Need(("t" if comp == "tags" else "r",), "o")
    if method == "DELETE":
        return Need(("d",), "o")
    return Need((_BLOB_COMP.get(comp, "w" if comp else "wc"),), "o")


def _container_need(method: str, comp: str) -> Need:
    reads = method in ("GET", "HEAD")
    if comp == "list":
        return Need(("l",), "c")
    if comp == "blobs":
        return Need(("f",), "c")
    if comp == "batch":
        return Need(("dw",), "c")
    if comp == "acl":
        return Need(_NOBODY, "c", False)
    if reads:
        return Need(("r",), "c", False)
    if method == "DELETE":
        return Need(("d",), "c", False)
    return Need((("wd" if comp == "lease" else "w") if comp else "cw",), "c", False)


def _queue_need(method: str, path: str, query: Mapping[str, str]) -> Need:
    if path.partition("/")[2]:
        return _message_need(method, path, query.get("peekonly", "").lower() == "true")
    comp = query.get("comp", "")
    if comp == "acl":
        return Need(_NOBODY, "c", False)
    if method in ("GET", "HEAD"):
        return Need(("r",), "c")
    if method == "DELETE":
        return Need(("d",), "c", False)
    return Need(("w" if comp else "cw",), "c", False)


def _message_need(method: str, path: str, peeks: bool) -> Need:
    one = not path.rstrip("/").endswith("/messages")
    if method == "DELETE":
        return Need(("p",), "o") if one else Need(("d",), "o", False)
    return Need(({"PUT": "u", "POST": "a"}.get(method, "r" if peeks else "p"),), "o")


def _table_need(method: str, path: str, comp: str, conditional: bool) -> Need:
    if path == "$batch":
        return Need(("raud",), "o")
    if path == "Tables" or path.startswith("Tables("):
        return Need(({"GET": "l", "DELETE": "d"}.get(method, "cw"),), "c", False)
    if comp == "acl":
        return Need(_NOBODY, "c", False)
    if method == "GET":
        return Need(("r",), "o")
    if method == "POST":
        return Need(("a",), "o")
    if method == "DELETE":
        return Need(("d",), "o")
    return Need(("u",) if conditional else ("a", "u"), "o")
