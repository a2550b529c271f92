from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest

from funchost.workers.rotation import Rotation


@dataclass(eq=False)
class Seat:
    name: str
    waiting: int = 0


def rotation(*seats: Seat) -> Rotation[Seat]:
    rotation: Rotation[Seat] = Rotation()
    for seat in seats:
        rotation.add(seat)
    return rotation


def test_calls_one_after_the_other_spread_evenly() -> None:
    turns = rotation(Seat("a"), Seat("b"), Seat("c"))

    assert Counter(turns.next().name for _ in range(300)) == {"a": 100, "b": 100, "c": 100}


def test_the_least_busy_comes_first() -> None:
    turns = rotation(Seat("a", 3), Seat("b", 1), Seat("c", 2))

    assert [turns.next().name for _ in range(3)] == ["b", "b", "b"]


def test_ties_are_taken_in_turn() -> None:
    turns = rotation(Seat("a", 1), Seat("b", 5), Seat("c", 1))

    assert [turns.next().name for _ in range(4)] == ["a", "c", "a", "c"]


def test_members_come_and_go() -> None:
    a, b = Seat("a"), Seat("b")
    turns = rotation(a, b)
    turns.next()
    turns.next()
    turns.discard(b)
    turns.discard(b)

    assert [turns.next().name for _ in range(2)] == ["a", "a"]
    assert len(turns) == 1


def test_an_empty_rotation_has_nobody() -> None:
    with pytest.raises(IndexError):
        rotation().next()
