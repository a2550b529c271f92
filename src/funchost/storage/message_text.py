"""What the text of a queue message may be: rules of the service, kept by every store."""

from __future__ import annotations

import re

from funchost.errors import StorageError
from funchost.storage.queues import MAX_MESSAGE

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check_text(text: str) -> None:
    """Refuse a message's text that is too long, or that XML, in which messages travel, cannot carry.

    Raises:
        StorageError: RequestBodyTooLarge, or InvalidXmlNodeValue with the character.
    """
    unfit = None if text.isprintable() else _NOT_XML.search(text)
    if unfit is not None:
        raise StorageError(
            "InvalidXmlNodeValue",
            f"The text has the character U+{ord(unfit[0]):04X} at position {unfit.start()}, which XML cannot carry.",
            400,
            hint="Encode the text as Base64.",
        )
    size = len(text) if text.isascii() else len(text.encode())
    if size > MAX_MESSAGE:
        raise StorageError(
            "RequestBodyTooLarge",
            f"The message has {size} bytes, {MAX_MESSAGE} are allowed",
            413,
            hint="Keep the content in a blob and put its name into the message.",
        )
