"""The page with all parts, each of which may be of another run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_PART = re.compile(r"^<!-- part: ([a-z-]+) -->\n(.*?)^<!-- end -->\n", re.MULTILINE | re.DOTALL)


def parts(page: str) -> dict[str, str]:
    """The parts that a page has, as Markdown."""
    return {found[1]: found[2] for found in _PART.finditer(page)}


def joined(introduction: str, found: Mapping[str, str], order: Sequence[str], end: str) -> str:
    """The page.

    Args:
        found: parts by name; those that are missing are left out.
        order: of the names.
        end: what follows the parts.
    """
    middle = [f"<!-- part: {name} -->\n{found[name]}<!-- end -->\n" for name in order if name in found]
    return "\n".join([introduction, *middle, end])
