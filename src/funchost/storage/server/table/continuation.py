"""Continuation keys in headers and queries: ``1!`` and the length and Base64 of the text, as the service does."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from funchost.storage.server.refusal import wrong_query
from funchost.storage.tables import Continuation


def next_headers(next: Continuation | None) -> dict[str, str]:
    """Return the headers that tell where the next page begins."""
    if next is None:
        return {}
    return {
        "x-ms-continuation-nextpartitionkey": encoded(next.partition),
        "x-ms-continuation-nextrowkey": encoded(next.row),
    }


def continuation_of(query: Mapping[str, str]) -> Continuation | None:
    """Return where a page shall begin, None for the first."""
    partition = query.get("nextpartitionkey")
    if partition is None:
        return None
    return Continuation(decoded("NextPartitionKey", partition), decoded("NextRowKey", query.get("nextrowkey", "")))


def encoded(text: str) -> str:
    """Return any text as one that a header can hold and that is never empty."""
    data = base64.b64encode(text.encode()).decode()
    return f"1!{len(data)}!{data}"


def decoded(name: str, value: str) -> str:
    """Return what `encoded` was given; other text as it is."""
    version, _, rest = value.partition("!")
    if version != "1" or "!" not in rest:
        return value
    try:
        return base64.b64decode(rest.partition("!")[2].replace("-", "+").replace("_", "/"), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise wrong_query(name, value) from error
