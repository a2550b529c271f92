"""Service properties: what is set for a service as a whole; kept and shown, and of it the CORS rules act. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from funchost.storage.server.exchange import ServiceName
from funchost.storage.server.refusal import Refusal, refusal
from funchost.storage.server.xml_document import Element, document, escape, read_xml

MAX_DOCUMENT = 64 * 1024
MAX_CORS_RULES = 5
MAX_RETENTION_DAYS = 365

_OFF = "<RetentionPolicy><Enabled>false</Enabled></RetentionPolicy>"
_METRICS = f"<Version>1.0</Version><Enabled>false</Enabled>{_OFF}"
_LOGGED = "<Delete>false</Delete><Read>false</Read><Write>false</Write>"
_DEFAULTS: Mapping[str, str] = {
    "Logging": f"<Logging><Version>1.0</Version>{_LOGGED}{_OFF}</Logging>",
    "HourMetrics": f"<HourMetrics>{_METRICS}</HourMetrics>",
    "MinuteMetrics": f"<MinuteMetrics>{_METRICS}</MinuteMetrics>",
    "Cors": "<Cors />",
}
_BLOB_DEFAULTS: Mapping[str, str] = {
    "DefaultServiceVersion": "",
    "DeleteRetentionPolicy": "<DeleteRetentionPolicy><Enabled>false</Enabled></DeleteRetentionPolicy>",
    "StaticWebsite": "<StaticWebsite><Enabled>false</Enabled></StaticWebsite>",
}
_NUMBERS = {"Days": (1, MAX_RETENTION_DAYS), "MaxAgeInSeconds": (0, 2**31 - 1)}
_BOOLEANS = frozenset({"Enabled", "Delete", "Read", "Write", "IncludeAPIs", "AllowPermanentDelete"})
_RULE = ("AllowedOrigins", "AllowedMethods", "MaxAgeInSeconds", "ExposedHeaders", "AllowedHeaders")


class CorsRule(NamedTuple):
    """One rule; lists as they were set, ``*`` among them = all."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    max_age: str
    exposed: str
    headers: tuple[str, ...]


def merged_properties(service: ServiceName, stored: bytes | None, given: bytes) -> bytes:
    """Return the document that a set operation makes: sections that it does not name stay as they were.

    Raises:
        StorageError: InvalidXmlDocument, InvalidXmlNodeValue.
    """
    root = read_xml(given)
    if root.name != "StorageServiceProperties":
        raise refusal("InvalidXmlDocument")
    sections = _sections(service, stored)
    for section in root.children:
        if section.name not in sections:
            raise _wrong(section)
        _check(section)
        sections[section.name] = _written(section)
    return _whole(sections)


def properties_document(service: ServiceName, stored: bytes | None) -> bytes:
    """Return the answer to a get operation."""
    return _whole(_sections(service, stored))


def _whole(sections: Mapping[str, str]) -> bytes:
    return document(f"<StorageServiceProperties>{''.join(sections.values())}</StorageServiceProperties>")


def _sections(service: ServiceName, stored: bytes | None) -> dict[str, str]:
    sections = dict(_DEFAULTS)
    if service == "blob":
        sections.update(_BLOB_DEFAULTS)
    if stored is not None:
        sections.update({section.name: _written(section) for section in read_xml(stored).children})
    return sections


def _written(element: Element) -> str:
    content = "".join(map(_written, element.children)) if element.children else escape(element.text)
    return f"<{element.name}>{content}</{element.name}>" if content else f"<{element.name} />"


def _check(element: Element) -> None:
    if element.name == "Cors":
        if len(element.children) > MAX_CORS_RULES:
            raise _wrong(element)
        for rule in element.children:
            if rule.name != "CorsRule" or any(rule.child(name) is None for name in _RULE[:3]):
                raise _wrong(rule)
    for child in element.children:
        _check(child)
    if element.name in _BOOLEANS and element.text.lower() not in ("true", "false"):
        raise _wrong(element)
    if element.name in _NUMBERS:
        low, high = _NUMBERS[element.name]
        if not (element.text.isdecimal() and len(element.text) < 11 and low <= int(element.text) <= high):
            raise _wrong(element)


def _wrong(element: Element) -> Refusal:
    return refusal("InvalidXmlNodeValue", XmlNodeName=element.name, XmlNodeValue=element.text[:200])


@lru_cache(maxsize=64)
def cors_rules(stored: bytes | None) -> Sequence[CorsRule]:
    """Return the CORS rules of a stored document."""
    cors = None if stored is None else read_xml(stored).child("Cors")
    return () if cors is None else tuple(_rule(child) for child in cors.children)


def _rule(element: Element) -> CorsRule:
    origins, methods, max_age, exposed, headers = (element.value(name) or "" for name in _RULE)
    return CorsRule(_words(origins), _words(methods.upper()), max_age, exposed, _words(headers.lower()))


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
