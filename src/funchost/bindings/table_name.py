"""Names of tables. The rule is the storage service's."""

from __future__ import annotations

import re

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{2,62}", re.ASCII)


def check_table_name(name: str) -> None:
    """Raises: ValueError for what cannot be the name of a table."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot name a table: 3 to 63 letters and digits are allowed, a letter first")
