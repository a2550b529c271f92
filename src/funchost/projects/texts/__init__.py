"""The texts that generated files are made of, and how their gaps are filled.

A gap is written ``${word}``; a dollar sign of the text itself is doubled.
"""

from __future__ import annotations

from importlib.resources import files
from string import Template


def text(name: str, /, **gaps: str) -> str:
    """Return one text with its gaps filled.

    Args:
        name: file in this folder, e.g. ``v2/http.txt``.
        gaps: by word.

    Raises:
        KeyError: the text has a gap that is not given.
    """
    return Template(files(__name__).joinpath(*name.split("/")).read_text("utf-8")).substitute(gaps)
