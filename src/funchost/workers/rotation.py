"""Which worker gets the next call: the least busy one, ties in turn. Pure."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar


class Busy(Protocol):
    """Something that knows how much it has to do."""

    waiting: int


T = TypeVar("T", bound=Busy)


class Rotation(Generic[T]):
    """The candidates that take calls. Calls that come one after the other spread evenly over them."""

    def __init__(self) -> None:
        self._members: list[T] = []
        self._turn = 0

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, member: T) -> bool:
        return member in self._members

    def add(self, member: T) -> None:
        self._members.append(member)

    def discard(self, member: T) -> None:
        if member in self._members:
            self._members.remove(member)

    def next(self) -> T:
        """Return the least busy member. Raises: IndexError if there is none."""
        members = self._members
        size = len(members)
        if size == 1:
            return members[0]
        start = self._turn if self._turn < size else 0
        best = start
        least = members[start].waiting
        for offset in range(1, size):
            if not least:
                break
            at = (start + offset) % size
            if members[at].waiting < least:
                best, least = at, members[at].waiting
        self._turn = best + 1
        return members[best]
