"""Messages as the queue service's XML has them, read and written. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from funchost.storage.queues import MAX_MESSAGE, QueueMessage
from funchost.storage.server.dates import http_date
from funchost.storage.server.refusal import refusal
from funchost.storage.server.xml_document import document, escape, read_xml

MAX_BODY = MAX_MESSAGE * 6 + 1024
"""Bytes of a document whose text is as long as a message may be, every character of it escaped."""


def read_message(data: bytes) -> str:
    """Return the text of a ``QueueMessage`` document.

    Raises:
        StorageError: InvalidXmlDocument, MissingRequiredXmlNode.
    """
    root = read_xml(data)
    if root.name != "QueueMessage":
        raise refusal("InvalidXmlDocument")
    text = root.value("MessageText")
    if text is None:
        raise refusal("MissingRequiredXmlNode", XmlNodeName="MessageText")
    return text


def put_document(message: QueueMessage) -> bytes:
    """Return the answer to a put: what is known of the message but its text."""
    return document(
        f"<QueueMessagesList><QueueMessage>{_identity(message)}{_receipt(message)}</QueueMessage></QueueMessagesList>"
    )


def received_document(messages: Sequence[QueueMessage]) -> bytes:
    """Return the answer to a get."""
    return _listed(f"{_identity(message)}{_receipt(message)}{_content(message)}" for message in messages)


def peeked_document(messages: Sequence[QueueMessage]) -> bytes:
    """Return the answer to a peek: without receipts."""
    return _listed(f"{_identity(message)}{_content(message)}" for message in messages)


def _listed(contents: Iterable[str]) -> bytes:
    elements = "".join([f"<QueueMessage>{content}</QueueMessage>" for content in contents])
    return document(f"<QueueMessagesList>{elements}</QueueMessagesList>" if elements else "<QueueMessagesList />")


def _identity(message: QueueMessage) -> str:
    return (
        f"<MessageId>{message.id}</MessageId><InsertionTime>{http_date(message.inserted)}</InsertionTime>"
        f"<ExpirationTime>{http_date(message.expires)}</ExpirationTime>"
    )


def _receipt(message: QueueMessage) -> str:
    visible = "" if message.next_visible is None else http_date(message.next_visible)
    return f"<PopReceipt>{escape(message.pop_receipt)}</PopReceipt><TimeNextVisible>{visible}</TimeNextVisible>"


def _content(message: QueueMessage) -> str:
    return f"<DequeueCount>{message.dequeue_count}</DequeueCount><MessageText>{escape(message.text)}</MessageText>"
