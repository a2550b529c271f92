from __future__ import annotations

import pytest

from funchost.storage.remote.retry import DELAYS, PATIENCE, requested_pause, retry_delay


def delay(
    attempt: int = 1, elapsed: float = 0.0, *, certain: bool = True, repeatable: bool = True, pause: float | None = None
) -> float | None:
    return retry_delay(attempt, elapsed, certain=certain, repeatable=repeatable, pause=pause)


def test_three_attempts_are_made_with_growing_pauses() -> None:
    assert [delay(attempt) for attempt in (1, 2, 3)] == [*DELAYS, None]


@pytest.mark.parametrize(
    ("certain", "repeatable", "again"), [(True, False, True), (False, True, True), (False, False, False)]
)
def test_what_may_have_happened_is_repeated_only_if_twice_is_once(certain: bool, repeatable: bool, again: bool) -> None:
    assert (delay(certain=certain, repeatable=repeatable) is not None) == again


def test_the_pause_that_the_server_asks_for_is_kept() -> None:
    assert delay(pause=0.7) == 0.7
    assert delay(pause=0.0) == DELAYS[0]


def test_patience_has_an_end() -> None:
    assert delay(elapsed=PATIENCE) is None
    assert delay(pause=30.0) is None


@pytest.mark.parametrize(
    ("text", "seconds"), [("3", 3.0), ("0", 0.0), ("", None), ("Sat, 21 Nov 2026 14:00:00 GMT", None), ("-1", None)]
)
def test_only_pauses_in_seconds_are_understood(text: str, seconds: float | None) -> None:
    assert requested_pause({"Retry-After": text}) == seconds
    assert requested_pause({}) is None
