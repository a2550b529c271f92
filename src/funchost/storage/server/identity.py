"""How fronts of the same store recognise each other."""

from __future__ import annotations

import hashlib
from pathlib import Path

PROBE_HEADER = "x-funchost-probe"
"""A request with this header is answered with STORE_HEADER."""

STORE_HEADER = "x-funchost-store"

USE_HEADER = "x-funchost-use"
"""Says who may use the store: APP or EVERYBODY."""

APP = "app"
"""The host of one app serves it, and takes it along when it ends."""
EVERYBODY = "everybody"


def folder_identity(folder: Path) -> str:
    """Return what two processes of one machine say alike exactly if their store is in the same folder.

    Raises:
        OSError: there is no such folder.
    """
    found = folder.stat()
    return hashlib.sha256(f"{found.st_dev}:{found.st_ino}".encode()).hexdigest()[:32]
