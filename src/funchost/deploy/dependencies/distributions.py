"""The distributions in a folder of installed packages, as their metadata describes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_TAG = re.compile(r"^Tag:\s*(\S+)\s*$", re.MULTILINE | re.IGNORECASE)
_FIELD = r"^{}:\s*(\S+)\s*$"
_MAX_METADATA = 64 * 1024
_UNIVERSAL = "-none-any"
_UNPUBLISHED = "-linux_"


class Distribution(NamedTuple):
    """An installed package.

    Args:
        name: as its metadata writes it.
        version: of it.
        tags: what its wheel was made for: ``cp311-cp311-manylinux_2_17_x86_64``; empty = not known.
        folder: its metadata.
    """

    name: str
    version: str
    tags: tuple[str, ...]
    folder: Path

    @property
    def universal(self) -> bool:
        """Whether it holds nothing that was compiled for a machine."""
        return any(tag.endswith(_UNIVERSAL) for tag in self.tags)

    @property
    def only_here(self) -> bool:
        """Whether it was compiled on a Linux machine for that machine: an index takes no such wheels."""
        return any(_UNPUBLISHED in tag for tag in self.tags)


def distributions(site_packages: Path) -> Iterator[Distribution]:
    """Yield what is installed in a folder, sorted by name."""
    for folder in sorted(site_packages.glob("*.dist-info"), key=lambda folder: folder.name.lower()):
        metadata = _text(folder / "METADATA")
        name, _, version = folder.name.removesuffix(".dist-info").rpartition("-")
        yield Distribution(
            _field(metadata, "Name") or name,
            _field(metadata, "Version") or version,
            tuple(_TAG.findall(_text(folder / "WHEEL"))),
            folder,
        )


def _field(metadata: str, name: str) -> str | None:
    found = re.search(_FIELD.format(name), metadata, re.MULTILINE)
    return found[1] if found else None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_METADATA).decode("utf-8", "replace")
    except OSError:
        return ""  # the metadata of others may be incomplete; the folder's name says enough
