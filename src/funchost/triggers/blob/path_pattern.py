"""PathPattern: which blobs a function is for, and the parts of their names that it gets. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from funchost.bindings.blob_path import parse_blob_path

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_LONGEST_NAME = 1024


class PathPattern(NamedTuple):
    """A path like ``container/folder/{name}.{extension}``.

    Args:
        container: its name, literally.
        names: of the parts in braces, in order.
    """

    container: str
    names: tuple[str, ...]
    expression: re.Pattern[str]

    def match(self, blob: str) -> Mapping[str, str] | None:
        """Return the captured parts by name, None if the pattern is not for this blob.

        Each part takes as much as it can, slashes included: ``{name}.{extension}`` parts at the last dot. Case counts.
        """
        found = self.expression.fullmatch(blob)
        return None if found is None else dict(zip(self.names, found.groups(), strict=True))


def parse_path_pattern(path: str) -> PathPattern:
    """Return the pattern of a blob trigger's `path`: ``container/blob``, or a container for all that is in it.

    Raises:
        ValueError: in the existing host's words.
    """
    container, slash, blob = path.partition("/")
    if not container or (slash and not blob):
        raise ValueError(f"Invalid blob trigger path '{path}'. Paths must be in the format 'container/blob'.")
    if "{" in container or "}" in container:
        raise ValueError(f"Invalid blob trigger path '{path}'. Container paths cannot contain {{resolve}} tokens.")
    parse_blob_path(f"{container}/name")
    if len(blob) > _LONGEST_NAME or "\\" in blob:
        raise ValueError(
            f"Invalid blob trigger path '{path}'. A blob's name has up to 1024 characters and no backslash."
        )
    if not slash:
        return PathPattern(container, (), re.compile(".*", re.DOTALL))
    names: list[str] = []
    expression = "".join(_translated(path, blob, names))
    return PathPattern(container, tuple(names), re.compile(expression, re.DOTALL))


def _translated(path: str, blob: str, names: list[str]) -> list[str]:
    """Return the parts of the regular expression, and append the names of what it captures."""
    parts: list[str] = []
    at = 0
    while at < len(blob):
        if blob[at : at + 2] in ("{{", "}}"):
            parts.append(re.escape(blob[at]))
            at += 2
        elif blob[at] == "{":
            end = blob.find("}", at)
            if end < 0:
                raise ValueError(f"Invalid template '{path}'. Missing closing bracket at position {len(path)}.")
            parts.append(_captured(path, blob[at + 1 : end], names))
            at = end + 1
        elif blob[at] == "}":
            raise ValueError(
                f"Invalid template '{path}'. Missing opening bracket at position {len(path) - len(blob) + at}."
            )
        else:
            parts.append(re.escape(blob[at]))
            at += 1
    return parts


def _captured(path: str, name: str, names: list[str]) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"Invalid template '{path}'. '{{{name}}}' is no name: use letters, digits and underscores.")
    if name.lower() in (known.lower() for known in names):
        raise ValueError(f"Invalid template '{path}'. '{{{name}}}' stands in it twice.")
    names.append(name)
    return "(.*)"
