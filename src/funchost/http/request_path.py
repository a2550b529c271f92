"""The path of a request, made safe and cut into segments."""

from __future__ import annotations

import re
from urllib.parse import unquote

_ENCODED_DOT = re.compile(r"%2[eE]")
_KEPT = re.compile(r"%(2[35fF]|3[fF])")
"""`#`, `%`, `/` and `?`: decoded, they would mean something else in a URL."""


def request_path(raw: bytes) -> str:
    """Return the path as sent, percent-encoded, with dot segments taken out: `/a/../b` and `/a/%2e%2e/b` are `/b`.

    Decisions about a path are made on this form, so `/api/../admin` is an admin path for all of them.
    """
    path = raw.decode("latin-1")
    if "%2" in path:
        path = _ENCODED_DOT.sub(".", path)
    if "/." in path:
        path = _without_dots(path)
    return path or "/"


def _without_dots(path: str) -> str:
    kept: list[str] = []
    pieces = path.split("/")[1:]
    for piece in pieces:
        if piece == "..":
            if kept:
                kept.pop()
        elif piece != ".":
            kept.append(piece)
    if pieces[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def segments(path: str) -> tuple[list[str], bool]:
    """Return the decoded segments and whether the path ends with a slash. An encoded slash stays inside its segment."""
    pieces = path[1:].split("/")
    trailing = pieces[-1] == ""
    if trailing:
        pieces.pop()
    if "%" in path:
        pieces = [unquote(piece) for piece in pieces]
    return pieces, trailing


def shown_path(path: str) -> str:
    """Return the decoded path for `req.url`; what would change the URL's meaning stays encoded."""
    return unquote(_KEPT.sub(r"%25\1", path)) if "%" in path else path
