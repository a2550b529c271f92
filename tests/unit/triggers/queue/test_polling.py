from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from funchost.triggers.queue.polling import longest_pause, poll_delay


def test_pauses_double_from_a_tenth_of_a_second_to_the_longest() -> None:
    delays = [poll_delay(empty, 60.0, lambda: 1.0) for empty in range(1, 13)]
    assert delays == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 60.0, 60.0]


@given(st.integers(1, 10_000), st.floats(0.1, 3600), st.floats(0.8, 1.2))
def test_a_pause_is_never_longer_than_the_longest(empty: int, longest: float, spread: float) -> None:
    assert 0 < poll_delay(empty, longest, lambda: spread) <= longest


def test_an_empty_queue_of_this_machine_is_looked_at_every_two_seconds_unless_host_json_says_otherwise() -> None:
    assert longest_pause(None, local=True) == 2.0
    assert longest_pause(None, local=False) == 60.0
    assert longest_pause(5.0, local=True) == 5.0
