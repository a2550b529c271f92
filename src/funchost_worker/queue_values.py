"""Queue values: what a function gives for a queue, as messages.

The library writes a QueueMessage as JSON with its id and body; the body is what is meant. Here the Python type is
known, so nothing has to be guessed from the look of the JSON.
"""

import json
from typing import Dict, List

from funchost_worker.converters import check_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional, Tuple

    Pair = Tuple[str, Any]


def takes(kind: "Any") -> bool:
    """Whether an output may be annotated with a type that the library's converter refuses and `messages` takes."""
    return (getattr(kind, "__origin__", None) or kind) in (list, dict, List, Dict)


def messages(value: "Any", message_classes: "Tuple[type, ...]") -> "Optional[Pair]":
    """Return what goes to the host for a queue, None to leave it to the converter.

    A list is one message for each of its members; None in it is left out.

    Raises:
        TypeError: a list with something that cannot be a message.
        ValueError: text that cannot be written as UTF-8.
    """
    if isinstance(value, str):
        check_text(value)
        return "string", value
    if isinstance(value, message_classes):
        return "bytes", value.get_body()  # type: ignore[attr-defined]
    if isinstance(value, (bytes, bytearray)):
        return "bytes", bytes(value)
    if isinstance(value, dict):
        return "json", json.dumps(value)
    if isinstance(value, (bool, int, float)):
        return "string", json.dumps(value)
    if hasattr(value, "__iter__"):
        return "collection_bytes", _members(value, message_classes)
    return None


def _members(values: "Any", message_classes: "Tuple[type, ...]") -> "List[bytes]":
    found = []
    for value in values:
        if value is None:
            continue
        if isinstance(value, (dict, list, bool, int, float)):
            value = json.dumps(value)
        if isinstance(value, str):
            check_text(value)
            found.append(value.encode("utf-8"))
        elif isinstance(value, message_classes):
            found.append(value.get_body())  # type: ignore[attr-defined]
        elif isinstance(value, (bytes, bytearray)):
            found.append(bytes(value))
        else:
            raise TypeError("invalid data type in output queue message list: {}".format(type(value)))
    return found
