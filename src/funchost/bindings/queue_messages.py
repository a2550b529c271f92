"""From the value of a queue output to the texts of its messages. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import cast

from funchost.app.foreign_json import read_foreign
from funchost.app.invocation import Datum
from funchost.app.queue_options import MessageEncoding
from funchost.bindings.failure import BindingFailure
from funchost.storage.message_text import check_text
from funchost.storage.queues import MAX_MESSAGE


def messages_of(value: Datum) -> list[str | bytes]:
    """Return one entry for each message.

    A list is one message for each of its elements, and so is a text that is a JSON array; null elements are left out.

    Raises:
        BindingFailure: no message can be made of this.
    """
    kind, content = value
    if kind in ("string", "json"):
        return list(_of_text(str(content)))
    if kind == "bytes" and isinstance(content, bytes):
        return [content]
    if kind in ("int", "double"):
        return [json.dumps(content)]
    if kind in ("collection_string", "collection_bytes"):
        return list(cast("Sequence[str | bytes]", content))
    if kind == "collection_sint64":
        return [str(number) for number in cast("Sequence[int]", content)]
    if kind == "bytes":
        raise BindingFailure(_TOO_LONG.format("The content is a stream; a"))
    raise BindingFailure(f"a value of kind {kind} cannot be a message.")


def message_text(message: str | bytes, encoding: MessageEncoding) -> str:
    """Return the text that is put into the queue.

    Raises:
        BindingFailure: it is longer than the service takes, or bytes that are no text where `encoding` is none.
        StorageError: it has a character that messages cannot carry.
    """
    raw = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message
    if encoding == "base64":
        size = (len(raw) + 2) // 3 * 4
        if size > MAX_MESSAGE:
            raise BindingFailure(_TOO_LONG.format(f"{len(raw)} bytes are {size} in Base64; a"))
        return base64.b64encode(raw).decode("ascii")
    if len(raw) > MAX_MESSAGE:
        raise BindingFailure(_TOO_LONG.format(f"The message has {len(raw)} bytes; a"))
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise BindingFailure(
            f"the bytes are no UTF-8 text ({error}), and host.json says extensions.queues.messageEncoding none."
        ) from error
    check_text(text)
    return text


_TOO_LONG = (
    "{} queue message can have 65536 bytes (49152 before Base64). "
    "Put the content into a blob, and its name into the message."
)


def _of_text(text: str) -> Sequence[str]:
    if text.lstrip()[:1] != "[":
        return (text,)
    try:
        document = read_foreign(text)
    except ValueError:
        return (text,)
    assert isinstance(document, list)  # noqa: S101 - it begins as one
    return [
        item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in document if item is not None
    ]
