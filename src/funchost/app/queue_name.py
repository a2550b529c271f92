"""The service's rules for names of queues, in the words of the existing host. Pure."""

from __future__ import annotations

import re

_ALLOWED = re.compile(r"[a-z0-9-]+", re.ASCII)


def check_queue_name(name: str) -> None:
    """Raise ValueError unless `name`, in lower case, can be a queue's name."""
    if not 3 <= len(name) <= 63:
        raise ValueError(f'A queue name must be from 3 to 63 characters long - "{name}"')
    if name.startswith("-") or name.endswith("-"):
        raise ValueError(f'The dash (-) character may not be the first or last letter - "{name}"')
    if not _ALLOWED.fullmatch(name):
        raise ValueError(f'A queue name can contain only letters, numbers, and dash(-) characters - "{name}"')
    if "--" in name:
        raise ValueError(f'A queue name cannot contain consecutive dash(-) characters - "{name}"')
