"""ConnectionString: where an app finds a database or another service, and of which type that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from funchost.errors import RefusedError


class ConnectionType(StrEnum):
    """What a connection string leads to. Clients may also name the place in this list, which counts from 0."""

    MY_SQL = "MySql"
    SQL_SERVER = "SQLServer"
    SQL_AZURE = "SQLAzure"
    CUSTOM = "Custom"
    NOTIFICATION_HUB = "NotificationHub"
    SERVICE_BUS = "ServiceBus"
    EVENT_HUB = "EventHub"
    API_HUB = "ApiHub"
    DOC_DB = "DocDb"
    REDIS_CACHE = "RedisCache"
    POSTGRE_SQL = "PostgreSQL"

    @property
    def prefix(self) -> str:
        """What the name of the variable begins with in which an app finds such a string."""
        return "SQLCONNSTR_" if self is ConnectionType.SQL_SERVER else f"{self.value.upper()}CONNSTR_"


@dataclass(frozen=True, slots=True)
class ConnectionString:
    """A connection string.

    Args:
        value: secret.
        type: see ConnectionType.
    """

    value: str = field(repr=False)
    type: ConnectionType = ConnectionType.CUSTOM


def plain(strings: Mapping[str, ConnectionString]) -> Mapping[str, str]:
    """Return the values by name."""
    return {name: one.value for name, one in strings.items()}


def with_values(strings: Mapping[str, ConnectionString], values: Mapping[str, str]) -> Mapping[str, ConnectionString]:
    """Return connection strings with other values of the same names."""
    return MappingProxyType({name: replace(one, value=values[name]) for name, one in strings.items()})


_TYPES = tuple(ConnectionType)
_BY_NAME = {type.value.lower(): type for type in _TYPES} | {str(number): type for number, type in enumerate(_TYPES)}


def connection_type(given: str | int | None, name: str) -> ConnectionType:
    """Return the type that a client means.

    Args:
        given: name in any case, or number; None is Custom.
        name: of the connection string.

    Raises:
        RefusedError: there is no such type (400).
    """
    if given is None:
        return ConnectionType.CUSTOM
    found = _BY_NAME.get(str(given).strip().lower())
    if found is None:
        raise RefusedError(
            "BadRequest",
            f"The connection string {name[:100]!r} has the type {str(given)[:40]!r}, which there is not."
            f" Types are {', '.join(_TYPES)}, or their numbers 0 to {len(_TYPES) - 1} in this order.",
            400,
        )
    return found
