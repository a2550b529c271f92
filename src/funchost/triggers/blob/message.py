"""BlobMessage: the message that stands for one version of one blob on its way to a function. Pure.

The form is the existing host's, so that messages in a poison queue can be read, and put back, by the same tools.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import NamedTuple

from funchost.app.foreign_json import read_foreign

POISON_QUEUE = "webjobs-blobtrigger-poison"
"""In the blob's own account."""

_MEMBERS = ("FunctionId", "BlobType", "ContainerName", "BlobName", "ETag")


def message_queue(host_id: str) -> str:
    """Return the queue that all instances of the app take blobs from; it is in the host's own account."""
    return f"azure-webjobs-blobtrigger-{host_id}"


class BlobMessage(NamedTuple):
    """Args:

    function_id: see config.function_id.
    etag: of the version that was found, with its quotes.
    """

    function_id: str
    blob_type: str
    container: str
    name: str
    etag: str

    def encode(self) -> str:
        """Return the text of the queue message."""
        document = {"Type": "BlobTrigger"} | dict(zip(_MEMBERS, self, strict=True))
        return base64.b64encode(json.dumps(document).encode()).decode("ascii")


def read_blob_message(text: str) -> BlobMessage:
    """Return what a queue message says, Base64 or plain JSON.

    Raises:
        ValueError: it is no message about a blob; says why.
    """
    try:
        plain = text if text.lstrip().startswith("{") else base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError(f"it is neither JSON nor Base64: {error}") from None
    document = read_foreign(plain)
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - a wrong message, not a wrong call
    members = [document.get(name) for name in _MEMBERS]
    missing = [name for name, value in zip(_MEMBERS, members, strict=True) if not isinstance(value, str)]
    if missing:
        raise ValueError(f"it has no {', '.join(missing)}")
    return BlobMessage(*map(str, members))
