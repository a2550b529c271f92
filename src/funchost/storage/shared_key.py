"""Shared Key: what a request's signature is made of, for those who sign and those who verify. Pure.

The rules are those of the services' reference, "Authorize with Shared Key". Headers and query parameters are given by
lower-case name (what follows ``x-ms-meta-`` in any case); query values are decoded.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache

_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))

_AFTER_DATE = ("if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range")


def signature(key: bytes, text: str) -> str:
    """Return the Base64 HMAC-SHA256 of a string to sign.

    Args:
        key: the account's, decoded.
    """
    inner, outer = _keyed(key)
    within, around = inner.copy(), outer.copy()
    within.update(text.encode())
    around.update(within.digest())
    return base64.b64encode(around.digest()).decode("ascii")


@lru_cache(maxsize=64)
def _keyed(key: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """Return the two hashes of RFC 2104, fed with the key.

    `hmac.digest` would start from the key each time, and let other threads take the interpreter in the middle.
    """
    block = (key if len(key) <= _BLOCK else hashlib.sha256(key).digest()).ljust(_BLOCK, b"\0")
    return hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))


def authorization(account: str, key: bytes, text: str, scheme: str = "SharedKey") -> str:
    """Return the value of the Authorization header for a string to sign."""
    return f"{scheme} {account}:{signature(key, text)}"


def shared_key_text(
    method: str,
    account: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    *,
    ordinal: bool = False,
) -> str:
    """Return the string to sign of a blob or queue request (versions 2015-02-21 and later).

    Args:
        path: as it goes over the wire, encoded, with the slash in front and the account's name if that is in the path.
        headers: all that are sent; those that count are picked.
        ordinal: sort ``x-ms-`` headers by code point, as older clients do, not as the service does.
    """
    get = headers.get
    length = get("content-length", "")
    lines = [
        method,
        get("content-encoding", ""),
        get("content-language", ""),
        "" if length == "0" else length,
        get("content-md5", ""),
        get("content-type", ""),
        "" if "x-ms-date" in headers else get("date", ""),
    ]
    lines += [get(name, "") for name in _AFTER_DATE]
    lines += _canonical_headers(headers, ordinal)
    lines.append(f"/{account}{path}")
    lines += [f"{name}:{query[name]}" for name in sorted(query)]
    return "\n".join(lines)


def shared_key_lite_text(
    method: str,
    account: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    *,
    ordinal: bool = False,
) -> str:
    """Return the string to sign of a blob or queue request by the scheme SharedKeyLite; arguments as above."""
    get = headers.get
    lines = [
        method,
        get("content-md5", ""),
        get("content-type", ""),
        "" if "x-ms-date" in headers else get("date", ""),
        *_canonical_headers(headers, ordinal),
        _short_resource(account, path, query),
    ]
    return "\n".join(lines)


def table_text(method: str, account: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Return the string to sign of a table request; arguments as above."""
    get = headers.get
    date = get("x-ms-date") or get("date", "")
    resource = _short_resource(account, path, query)
    return f"{method}\n{get('content-md5', '')}\n{get('content-type', '')}\n{date}\n{resource}"


def table_lite_text(account: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Return the string to sign of a table request by the scheme SharedKeyLite; arguments as above."""
    date = headers.get("x-ms-date") or headers.get("date", "")
    return f"{date}\n{_short_resource(account, path, query)}"


def _short_resource(account: str, path: str, query: Mapping[str, str]) -> str:
    comp = query.get("comp")
    return f"/{account}{path}" if comp is None else f"/{account}{path}?comp={comp}"


def _canonical_headers(headers: Mapping[str, str], ordinal: bool) -> list[str]:
    names = tuple([name for name in headers if name.startswith("x-ms-")])
    ordered = sorted(names, key=str.lower) if ordinal else _in_order(names)
    return [f"{name.lower()}:{headers[name].strip()}" for name in ordered]


@lru_cache(maxsize=512)
def _in_order(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return header names as the service sorts them: a hyphen counts only between names that are else the same."""
    return tuple(sorted(names, key=_weight))


def _weight(name: str) -> tuple[str, str]:
    name = name.lower()
    return name.replace("-", "").replace("_", "!"), name.replace("-", "~")
