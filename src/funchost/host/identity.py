"""Who this host instance is: host id (shared by all instances of an app) and instance id (one per process)."""

from __future__ import annotations

import os
import re
import socket
import uuid
from pathlib import Path
from typing import NamedTuple

MAX_LENGTH = 32


class Instance(NamedTuple):
    """One host process.

    Args:
        host_id: the same for all instances of the app.
        id: of this process.
    """

    host_id: str
    id: str


def host_id(root: Path, configured: str | None) -> str:
    """Return the id that locks and key folders are named after.

    Rule of the existing host for local runs: letters and digits of the machine name, a dash, a stable hash of
    the app's path; at most 32 characters, lower-case, no dash at the end.

    Args:
        configured: the explicit setting; wins.
    """
    if configured:
        return _trimmed(configured)
    machine = re.sub(r"[^A-Za-z0-9]", "", socket.gethostname())
    return _trimmed(f"{machine}-{stable_hash(str(root))}")


def stable_hash(text: str) -> int:
    """Return the absolute value of a 32-bit hash that is the same in every process (seed 23, multiplier 31)."""
    value = 23
    for character in text:
        value = (value * 31 + ord(character)) & 0xFFFFFFFF
    signed = value - (1 << 32) if value & 0x80000000 else value
    return abs(signed)


def instance_id() -> str:
    """Return a new id for this process: 32 hexadecimal digits."""
    return uuid.uuid4().hex


def computer_name() -> str:
    """Return the machine's node name."""
    return os.uname().nodename


def _trimmed(text: str) -> str:
    return text[:MAX_LENGTH].lower().rstrip("-")
