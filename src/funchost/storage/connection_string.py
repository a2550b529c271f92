"""Storage connection strings: ``AccountName=...;AccountKey=...`` and their other forms."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import NamedTuple

from funchost.errors import SettingError
from funchost.storage.credentials import AccountKey, Credential, SharedAccessSignature
from funchost.storage.endpoints import (
    DEFAULT_SUFFIX,
    DEVELOPMENT_ACCOUNT,
    DEVELOPMENT_KEY,
    Endpoints,
    account_of,
    cloud_endpoints,
    development_endpoints,
    endpoint_problem,
)

_DEVELOPMENT_CREDENTIAL = AccountKey(DEVELOPMENT_ACCOUNT, base64.b64decode(DEVELOPMENT_KEY))
_ENDPOINT_KEYS = ("blobendpoint", "queueendpoint", "tableendpoint")
_FORM = (
    "It looks like DefaultEndpointsProtocol=https;AccountName=<name>;AccountKey=<key>;EndpointSuffix=core.windows.net"
)


class ParsedConnectionString(NamedTuple):
    """What a connection string says."""

    account: str
    endpoints: Endpoints
    credential: Credential
    development: bool


def parse_connection_string(setting: str, text: str) -> ParsedConnectionString:
    """Return what a storage connection string says; names of its parts in any case and order.

    The development account on its well-known ports is development storage, written in full or not.

    Args:
        setting: name of the setting that holds it, for messages.

    Raises:
        SettingError: it cannot be used. The message never shows the text.
    """
    parts = _split(setting, text)
    if "usedevelopmentstorage" in parts:
        return _development(setting, parts)
    account = parts.get("accountname", "")
    endpoints = _explicit_endpoints(setting, parts)
    credential = _credential(setting, parts, account)
    if account:
        endpoints = endpoints.filled_from(
            cloud_endpoints(_scheme(setting, parts), account, parts.get("endpointsuffix") or DEFAULT_SUFFIX)
        )
    elif any(endpoints):
        account = account_of(next(url for url in endpoints if url))
    else:
        raise SettingError(setting, "the connection string has no AccountName and no BlobEndpoint.", hint=_FORM)
    return ParsedConnectionString(account, endpoints, credential, _is_development(endpoints, credential))


def _split(setting: str, text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for number, segment in enumerate((part for part in text.split(";") if part.strip()), 1):
        name, equals, value = segment.partition("=")
        key = name.strip().lower()
        if not equals or not key.isalnum():
            raise SettingError(
                setting, f"part {number} of the connection string is not of the form Name=value.", hint=_FORM
            )
        if key in parts:
            raise SettingError(setting, f"the connection string has {name.strip()} twice.", hint="Remove one.")
        parts[key] = value.strip()
    return parts


def _development(setting: str, parts: Mapping[str, str]) -> ParsedConnectionString:
    if parts["usedevelopmentstorage"].lower() != "true":
        raise SettingError(setting, "UseDevelopmentStorage can only be true.", hint="UseDevelopmentStorage=true")
    proxy = parts.get("developmentstorageproxyuri", "").rstrip("/")
    others = set(parts) - {"usedevelopmentstorage", "developmentstorageproxyuri"}
    if others:
        raise SettingError(
            setting,
            "UseDevelopmentStorage=true stands beside other parts, which it makes meaningless.",
            hint="Remove it, or the others.",
        )
    if proxy and (problem := endpoint_problem(proxy)):
        raise SettingError(setting, f"DevelopmentStorageProxyUri {problem}", hint="It looks like http://192.168.0.5")
    endpoints = development_endpoints(proxy) if proxy else development_endpoints()
    return ParsedConnectionString(
        DEVELOPMENT_ACCOUNT,
        endpoints,
        _DEVELOPMENT_CREDENTIAL,
        _is_development(endpoints, _DEVELOPMENT_CREDENTIAL),
    )


def _is_development(endpoints: Endpoints, credential: Credential) -> bool:
    if credential != _DEVELOPMENT_CREDENTIAL:
        return False
    return endpoints in (development_endpoints(), development_endpoints("http://localhost"))


def _scheme(setting: str, parts: Mapping[str, str]) -> str:
    scheme = parts.get("defaultendpointsprotocol", "https").lower()
    if scheme not in ("http", "https"):
        raise SettingError(setting, "DefaultEndpointsProtocol in the connection string is neither https nor http.")
    return scheme


def _explicit_endpoints(setting: str, parts: Mapping[str, str]) -> Endpoints:
    for key in _ENDPOINT_KEYS:
        if parts.get(key) and (problem := endpoint_problem(parts[key])):
            raise SettingError(
                setting,
                f"{key[:-8].title()}Endpoint in the connection string {problem}",
                hint="It looks like https://<account>.blob.core.windows.net; a signature goes into "
                "SharedAccessSignature.",
            )
    return Endpoints(*(parts.get(key, "").rstrip("/") for key in _ENDPOINT_KEYS))


def _credential(setting: str, parts: Mapping[str, str], account: str) -> Credential:
    key = parts.get("accountkey")
    if key:
        if not account:
            raise SettingError(setting, "the connection string has an AccountKey but no AccountName.", hint=_FORM)
        return AccountKey(account, _decoded(setting, key))
    token = parts.get("sharedaccesssignature", "").lstrip("?")
    if "sig=" in token:
        return SharedAccessSignature(token)
    if token:
        raise SettingError(setting, "SharedAccessSignature in the connection string has no sig parameter.")
    raise SettingError(
        setting, "the connection string has neither an AccountKey nor a SharedAccessSignature.", hint=_FORM
    )


def _decoded(setting: str, key: str) -> bytes:
    try:
        decoded = base64.b64decode(key, validate=True)
    except binascii.Error:
        decoded = b""
    if not decoded:
        raise SettingError(
            setting,
            "AccountKey in the connection string is not Base64 text.",
            hint="Copy the whole key, with the = signs at its end.",
        )
    return decoded
