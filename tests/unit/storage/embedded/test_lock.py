"""The lock between processes; two open instances stand for two processes here."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.storage.embedded.lock import StoreLock


@pytest.fixture
def locks(tmp_path: Path) -> Iterator[tuple[StoreLock, StoreLock]]:
    stages = [tmp_path / "turn", tmp_path / "lock"]
    pair = StoreLock(stages), StoreLock(stages)
    yield pair
    for lock in pair:
        lock.close()


def test_lock_excludes_others_until_it_is_released(locks: tuple[StoreLock, StoreLock]) -> None:
    first, second = locks
    first.acquire()
    assert not second.acquire_within(0.01)
    first.release()
    assert second.acquire_within(0.01)
    second.release()


def test_holder_is_known_to_those_who_wait(locks: tuple[StoreLock, StoreLock]) -> None:
    first, second = locks
    assert second.holder() is None
    first.acquire()
    assert second.holder() == os.getpid()
    first.release()


def test_who_gave_up_does_not_keep_others_from_their_turn(locks: tuple[StoreLock, StoreLock]) -> None:
    first, second = locks
    first.acquire()
    assert not second.acquire_within(0)
    first.release()
    first.acquire()
    first.release()


def test_lock_passes_to_the_one_who_waits(locks: tuple[StoreLock, StoreLock]) -> None:
    first, second = locks
    order: list[str] = []
    first.acquire()
    waiting = threading.Event()

    def wait() -> None:
        waiting.set()
        second.acquire()
        order.append("second")
        second.release()

    thread = threading.Thread(target=wait)
    thread.start()
    waiting.wait(5)
    first.release()
    thread.join(5)
    assert order == ["second"]
