"""What the head of a request says: account, resource, query, headers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from funchost.storage.embedded.blob_names import stored_name
from funchost.storage.server.exchange import ServiceName
from funchost.storage.server.refusal import refusal

SECONDARY = "-secondary"
"""Ends the account's name in the URL of its read-only copy, which here is the account itself."""


LONGEST_KEPT = 1024
"""Bytes of a path or query string that is worth to be remembered; longer ones could fill the memory."""


class Target(NamedTuple):
    """What a URL names.

    Args:
        account: as in the URL, without `SECONDARY`.
        path, raw_path: below the account, decoded and as sent.
        base: host and path of the account, e.g. ``127.0.0.1:10000/devstoreaccount1``.
    """

    account: str
    path: str
    raw_path: str
    base: str


def read_target(service: ServiceName, host: str, raw_path: bytes) -> Target:
    """Return what a URL names, with the account in the path or, as ``account.blob.localhost``, in the host.

    Raises:
        StorageError: InvalidUri.
    """
    is_long = len(raw_path) + len(host) > LONGEST_KEPT
    return _read_target(service, host, raw_path) if is_long else _kept_target(service, host, raw_path)


def _read_target(service: ServiceName, host: str, raw_path: bytes) -> Target:
    path = raw_path.decode("latin-1")
    account, _, rest = host.partition(".")
    if rest.partition(":")[0].partition(".")[0] == service:
        below, base = path[1:], host
    else:
        account, _, below = path[1:].partition("/")
        base = f"{host}/{account}"
        if service == "table" and account.endswith(SECONDARY):
            # The Python table client puts the copy's path in front of the account's own in place of it.
            below = below.removeprefix(account.removesuffix(SECONDARY) + "/")
    if not account or not path.startswith("/"):
        raise refusal("InvalidUri", "The URL names no account; it looks like http://host:port/account/resource.")
    named = blob_path(below) if service == "blob" else decoded(below)
    return Target(account.removesuffix(SECONDARY), named, below, base)


def blob_path(raw_path: str) -> str:
    """Return container and blob of a path; in the names of blobs a backslash means a slash.

    Raises:
        StorageError: InvalidUri.
    """
    return stored_name(decoded(raw_path))


_kept_target = lru_cache(maxsize=512)(_read_target)


def decoded(text: str) -> str:
    """Return a part of a URL without its percent signs.

    Raises:
        StorageError: InvalidUri: it is no UTF-8, or holds a NUL.
    """
    if "%" in text:
        try:
            text = unquote(text, errors="strict")
        except UnicodeDecodeError as error:
            raise refusal("InvalidUri") from error
        if "\0" in text:
            raise refusal("InvalidUri")
    return text


def read_query(raw: bytes, plus: str = " ") -> Mapping[str, str]:
    """Return a query string's parameters; see StorageRequest.query.

    Args:
        plus: what a plus sign stands for: a blank for the operations, itself in the strings that clients sign.

    Raises:
        StorageError: InvalidUri.
    """
    return _read_query(raw, plus) if len(raw) > LONGEST_KEPT else _kept_query(raw, plus)


def _read_query(raw: bytes, plus: str) -> Mapping[str, str]:
    result: dict[str, str] = {}
    for part in raw.decode("latin-1").split("&"):
        name, _, value = part.partition("=")
        if not name:
            continue
        if "+" in value:
            value = value.replace("+", plus)
        name = decoded(name).lower()
        value = decoded(value)
        result[name] = ",".join(sorted((result[name], value))) if name in result else value
    return result


_kept_query = lru_cache(maxsize=512)(_read_query)


def read_headers(raw: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by lower-case name; repeated ones are joined with commas."""
    result: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name = name_bytes.decode("latin-1")
        try:
            value = value_bytes.decode()
        except UnicodeDecodeError:
            value = value_bytes.decode("latin-1")
        result[name] = f"{result[name]},{value}" if name in result else value
    return result


def body_size(headers: Mapping[str, str]) -> int | None:
    """Return the announced length of a request's body, 0 if it has none, None if it comes in chunks.

    The server has refused malformed framing before.
    """
    if "transfer-encoding" in headers:
        return None
    return int(headers.get("content-length") or 0)
