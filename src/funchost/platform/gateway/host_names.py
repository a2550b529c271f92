"""HostNames: decides by a request's Host header what it is meant for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

LOCALHOST = "localhost"
_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]*)(?::[0-9]{0,5})?")
_SCM = ".scm"
_MOST_KNOWN = 4096
"""Host headers that are remembered; strangers choose them."""


class Service(Enum):
    """What a request is meant for."""

    SITE = "site"
    SCM = "scm"
    MANAGEMENT = "management"


class Destination(NamedTuple):
    """Where a Host header leads.

    Args:
        service: see Service.
        label: which site; there may be none of this label. Empty for the management API.
    """

    service: Service
    label: str = ""


_MANAGEMENT = Destination(Service.MANAGEMENT)


class HostNames:
    """The names that a server goes by.

    Args:
        domains: below which sites have their names, e.g. ``localhost``.
    """

    def __init__(self, domains: Sequence[str]) -> None:
        lowered = {domain.lower().strip(".") for domain in domains}
        self._suffixes = sorted((f".{domain}" for domain in lowered), key=len, reverse=True)
        self._known: dict[bytes, Destination | None] = {}

    def destination(self, host: bytes) -> Destination | None:
        """Return where a Host header leads, None if it is none at all."""
        try:
            return self._known[host]
        except KeyError:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            found = self._known[host] = self._decide(host)
            return found

    def _decide(self, host: bytes) -> Destination | None:
        match = _HOST.fullmatch(host)
        if match is None:
            return None
        name = match[1].decode("ascii").lower().removesuffix(".")
        for suffix in self._suffixes:
            if name.endswith(suffix):
                label = name.removesuffix(suffix)
                if label.endswith(_SCM):
                    return Destination(Service.SCM, label.removesuffix(_SCM))
                return Destination(Service.SITE, label)
        return _MANAGEMENT
