"""Shared access signatures: the strings that they sign, and the times in them. Pure.

The rules are those of the services' reference, "Create a service SAS" and "Create an account SAS". A token is given as
its query parameters, decoded; names in lower case.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

_FIRST_WITH_SERVICE_IN_RESOURCE = "2015-02-21"
_FIRST_WITH_IP_AND_PROTOCOL = "2015-04-05"
_FIRST_WITH_RESPONSE_HEADERS = "2013-08-15"
_FIRST_WITH_SNAPSHOTS = "2018-11-09"
_FIRST_WITH_ENCRYPTION_SCOPE = "2020-12-06"

_RESPONSE_HEADERS = ("rscc", "rscd", "rsce", "rscl", "rsct")
_ACCOUNT = ("sp", "ss", "srt", "st", "se", "sip", "spr", "sv")
_KEY_RANGE = ("spk", "srk", "epk", "erk")


def account_sas_text(account: str, token: Mapping[str, str]) -> str:
    """Return the string to sign of an account's signature."""
    fields = [account, *(token.get(name, "") for name in _ACCOUNT)]
    if token.get("sv", "") >= _FIRST_WITH_ENCRYPTION_SCOPE:
        fields.append(token.get("ses", ""))
    return "\n".join([*fields, ""])


def service_sas_text(
    service: Literal["blob", "queue", "table"],
    account: str,
    resource: str,
    token: Mapping[str, str],
    snapshot: str = "",
) -> str:
    """Return the string to sign of a signature for one container, blob, queue or table.

    Args:
        resource: ``container``, ``container/blob``, ``queue`` or ``table``, decoded; a table's in lower case.
        snapshot: time of the snapshot that a signature of kind ``bs`` is for.
    """
    get = token.get
    version = get("sv", "")
    path = f"/{account}/{resource}"
    if version >= _FIRST_WITH_SERVICE_IN_RESOURCE:
        path = f"/{service}{path}"
    fields = [get("sp", ""), get("st", ""), get("se", ""), path, get("si", "")]
    if version >= _FIRST_WITH_IP_AND_PROTOCOL:
        fields += [get("sip", ""), get("spr", "")]
    fields.append(version)
    if service == "blob":
        fields += _blob_fields(version, token, snapshot)
    elif service == "table":
        fields += [get(name, "") for name in _KEY_RANGE]
    return "\n".join(fields)


def _blob_fields(version: str, token: Mapping[str, str], snapshot: str) -> list[str]:
    fields: list[str] = []
    if version >= _FIRST_WITH_SNAPSHOTS:
        fields += [token.get("sr", ""), snapshot]
    if version >= _FIRST_WITH_ENCRYPTION_SCOPE:
        fields.append(token.get("ses", ""))
    if version >= _FIRST_WITH_RESPONSE_HEADERS:
        fields += [token.get(name, "") for name in _RESPONSE_HEADERS]
    return fields


@lru_cache(maxsize=256)
def sas_time(text: str) -> float:
    """Return a token's time as seconds since 1970: ``2026-01-31``, ``2026-01-31T08:00Z`` or with seconds, fractions.

    Raises:
        ValueError: it is none.
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
