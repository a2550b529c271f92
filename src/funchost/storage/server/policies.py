"""Stored access policies: the ACL documents of containers, queues and tables, read and written."""

from __future__ import annotations

from collections.abc import Sequence

from funchost.storage.sas import sas_time
from funchost.storage.server.grant import StoredPolicy
from funchost.storage.server.refusal import refusal
from funchost.storage.server.xml_document import Element, document, escape, read_xml

MAX_POLICIES = 5
MAX_IDENTIFIER = 64
MAX_DOCUMENT = 64 * 1024
_EMPTY = document("<SignedIdentifiers />")


def read_policies(data: bytes) -> tuple[StoredPolicy, ...]:
    """Return the policies of an ACL document; an empty one has none.

    Raises:
        StorageError: InvalidXmlDocument, InvalidXmlNodeValue.
    """
    if not data.strip():
        return ()
    root = read_xml(data)
    if root.name != "SignedIdentifiers" or len(root.children) > MAX_POLICIES:
        raise refusal("InvalidXmlDocument")
    policies = tuple(_policy(child) for child in root.children)
    if len({policy.id for policy in policies}) < len(policies):
        raise refusal("InvalidXmlDocument")
    return policies


def _policy(element: Element) -> StoredPolicy:
    identifier = element.value("Id") or ""
    if element.name != "SignedIdentifier" or not 0 < len(identifier) <= MAX_IDENTIFIER:
        raise refusal("InvalidXmlDocument")
    access = element.child("AccessPolicy")
    if access is None:
        return StoredPolicy(identifier)
    start, expiry = access.value("Start") or None, access.value("Expiry") or None
    for text in (start, expiry):
        if text is not None:
            _check_time(text)
    return StoredPolicy(identifier, start, expiry, access.value("Permission") or None)


def _check_time(text: str) -> None:
    try:
        sas_time(text)
    except ValueError as error:
        raise refusal("InvalidXmlNodeValue") from error


def policies_document(policies: Sequence[StoredPolicy]) -> bytes:
    """Return the ACL document of some policies."""
    if not policies:
        return _EMPTY
    return document(f"<SignedIdentifiers>{''.join(map(_written, policies))}</SignedIdentifiers>")


def _written(policy: StoredPolicy) -> str:
    fields = (("Start", policy.start), ("Expiry", policy.expiry), ("Permission", policy.permissions))
    access = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields if value is not None)
    body = f"<AccessPolicy>{access}</AccessPolicy>" if access else ""
    return f"<SignedIdentifier><Id>{escape(policy.id)}</Id>{body}</SignedIdentifier>"
