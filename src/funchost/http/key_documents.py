"""Key documents: the JSON in which keys are kept, read and written in the documented shapes. Pure.

    host.json         {"masterKey": K, "functionKeys": [K], "systemKeys": [K], "hostName", "instanceId", "source"}
    <function>.json   {"keys": [K], ...}          K = {"name", "value", "encrypted"}

The shapes of the first runtime, ``{"masterKey": text, "functionKey": text}`` and ``{"key": text}``, are read too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

MASTER = "master"
DEFAULT = "default"


class HostKeys(NamedTuple):
    """Keys of the whole app, by name."""

    master: str
    function: Mapping[str, str]
    system: Mapping[str, str]


class _Key(msgspec.Struct):
    value: str
    name: str = ""
    encrypted: bool = False


class _Source(msgspec.Struct, rename="camel"):
    host_name: str | None = None
    instance_id: str | None = None
    source: str | None = None
    decryption_key_id: str | None = None


class _HostDocument(_Source, rename="camel", kw_only=True):
    master_key: _Key | str
    function_keys: list[_Key] = []
    system_keys: list[_Key] = []
    function_key: str | None = None


class _FunctionDocument(_Source, rename="camel", kw_only=True):
    keys: list[_Key] | None = None
    key: str | None = None


def read_host_keys(document: bytes) -> HostKeys:
    """Return the keys of a host document.

    Raises:
        ValueError: it is not one, or its keys are encrypted.
    """
    content = msgspec.json.decode(document, type=_HostDocument)
    master = content.master_key if isinstance(content.master_key, str) else _plain(content.master_key)
    function = _by_name(content.function_keys)
    if content.function_key is not None:
        function = {DEFAULT: content.function_key, **function}
    return HostKeys(master, function, _by_name(content.system_keys))


def read_function_keys(document: bytes) -> Mapping[str, str]:
    """Return the keys of a function's document by name.

    Raises:
        ValueError: it is not one, or its keys are encrypted.
    """
    content = msgspec.json.decode(document, type=_FunctionDocument)
    if content.keys is not None:
        return _by_name(content.keys)
    if content.key is not None:
        return {DEFAULT: content.key}
    raise ValueError("the document holds neither 'keys' nor 'key'")


def write_host_keys(keys: HostKeys, origin: Mapping[str, str]) -> bytes:
    """Return the host document.

    Args:
        origin: `hostName` and `instanceId` of the writer.
    """
    return _written(
        {
            "masterKey": _entry(MASTER, keys.master),
            "functionKeys": _entries(keys.function),
            "systemKeys": _entries(keys.system),
        },
        origin,
    )


def write_function_keys(keys: Mapping[str, str], origin: Mapping[str, str]) -> bytes:
    """Return a function's document."""
    return _written({"keys": _entries(keys)}, origin)


def _by_name(keys: list[_Key]) -> dict[str, str]:
    return {key.name: _plain(key) for key in keys}


def _plain(key: _Key) -> str:
    if key.encrypted or not key.value:
        raise ValueError(f"the key '{key.name}' is {'encrypted' if key.encrypted else 'empty'}")
    return key.value


def _entries(keys: Mapping[str, str]) -> list[dict[str, object]]:
    return [_entry(name, value) for name, value in keys.items()]


def _entry(name: str, value: str) -> dict[str, object]:
    return {"name": name, "value": value, "encrypted": False}


def _written(content: Mapping[str, object], origin: Mapping[str, str]) -> bytes:
    document = {**content, **origin, "source": "runtime"}
    return msgspec.json.format(msgspec.json.encode(document), indent=2)
