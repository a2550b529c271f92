"""redacted: host configuration with its secrets blanked."""

from __future__ import annotations

import re
from collections.abc import Mapping

HIDDEN = "[Hidden Credential]"

_SECRET_NAME = re.compile(
    r"key|secret|password|pwd|token|credential|connection|authorization|cookie|sas(url|uri|$)", re.IGNORECASE
)
_SECRET_TEXT = re.compile(r"AccountKey=|SharedAccess|[?&;]sig=|Password=|Pwd=|://[^/@\s]+:[^/@\s]+@", re.IGNORECASE)


def redacted(value: object, name: str = "") -> object:
    """Return `value` with texts hidden that are, or by their property's name seem to be, secrets.

    Numbers and switches stay: ``maxConcurrentConnections`` is none. Of bindings use `without_secret_texts`: their
    properties name settings.
    """
    if isinstance(value, str) and value and _SECRET_NAME.search(name):
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(key): redacted(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redacted(item, name) for item in value]
    return without_secret_texts(value)


def without_secret_texts(value: object) -> object:
    """Return `value` with texts hidden that look like connection strings or signed URLs."""
    if isinstance(value, Mapping):
        return {str(key): without_secret_texts(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_secret_texts(item) for item in value]
    return HIDDEN if isinstance(value, str) and _SECRET_TEXT.search(value) else value
