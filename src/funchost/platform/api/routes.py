"""Routes: which handler answers a call. Literal segments fit in any case, ``{name}`` takes any value."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import NamedTuple

from funchost.http.reply import Reply
from funchost.platform.api.request import ApiRequest

Handler = Callable[[ApiRequest], Awaitable[Reply]]


class Route(NamedTuple):
    """One route.

    Args:
        verbs: upper-case.
        path: segments without slashes.
        handler: answers.
    """

    verbs: frozenset[str]
    path: tuple[str, ...]
    handler: Handler


class Match(NamedTuple):
    """What was found for a call.

    Args:
        handler: None if the path is there with other verbs only.
        values: of the variable segments.
        verbs: that the path has.
    """

    handler: Handler | None
    values: dict[str, str]
    verbs: frozenset[str]


def route(verbs: str, path: str, handler: Handler) -> Route:
    """Return a route; `verbs` with spaces between them."""
    return Route(frozenset(verbs.split()), tuple(piece for piece in path.split("/") if piece), handler)


class RouteTable:
    """Finds routes.

    Args:
        routes: of two that fit, the one with the earlier literal segment counts.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._by_length: dict[int, list[Route]] = {}
        for one in self.routes:
            self._by_length.setdefault(len(one.path), []).append(one)
        for same_length in self._by_length.values():
            same_length.sort(key=lambda one: [piece.startswith("{") for piece in one.path])

    def find(self, method: str, pieces: Sequence[str]) -> Match | None:
        """Return what fits, None if the path is not there.

        Args:
            method: as sent; HEAD is answered as GET.
            pieces: decoded segments.
        """
        verb = "GET" if method == "HEAD" else method
        verbs: frozenset[str] = frozenset()
        for one in self._by_length.get(len(pieces), ()):
            values = _values(one.path, pieces)
            if values is None:
                continue
            if verb in one.verbs:
                return Match(one.handler, values, one.verbs)
            verbs |= one.verbs
        return Match(None, {}, verbs) if verbs else None


def _values(path: Sequence[str], pieces: Sequence[str]) -> dict[str, str] | None:
    values = {}
    for wanted, piece in zip(path, pieces, strict=True):
        if wanted.startswith("{"):
            if not piece:
                return None
            values[wanted[1:-1]] = piece
        elif piece.lower() != wanted.lower():
            return None
    return values
