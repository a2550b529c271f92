"""Ports that a test must name before somebody listens on them."""

from __future__ import annotations

import secrets
import socket
from contextlib import ExitStack

_NEVER_GIVEN = range(20_000, 32_768)
"""Below what Linux and macOS give to those who ask for any port, and to connections."""


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback address that are free, and that nobody gets by chance before they are used."""
    found: list[int] = []
    with ExitStack() as held:
        for port in secrets.SystemRandom().sample(_NEVER_GIVEN, len(_NEVER_GIVEN)):
            if len(found) == count:
                break
            try:
                held.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:  # somebody has it
                continue
            found.append(port)
    return found
