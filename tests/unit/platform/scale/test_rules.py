"""How many instances a site should have."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funchost.platform.scale.rules import (
    Decision,
    HttpDemand,
    QueueDemand,
    Sample,
    ScaleRules,
    ScaleState,
    decide,
)
from funchost.platform.site import ScaleLimits

RULES = ScaleRules()
LIMITS = ScaleLimits(0, 10)
FRESH = ScaleState()


def instances(sample: Sample, current: int, limits: ScaleLimits = LIMITS, state: ScaleState = FRESH) -> int:
    return decide(sample, current, limits, RULES, state).instances


@pytest.mark.parametrize(
    ("http", "current", "expected"),
    [
        (HttpDemand(), 0, 0),
        (HttpDemand(0, 1, 0.0), 0, 1),
        (HttpDemand(32, 0, 0.0), 1, 1),
        (HttpDemand(33, 0, 0.0), 1, 2),
        (HttpDemand(100, 60, 0.0), 1, 5),
    ],
)
def test_requests_ask_for_instances(http: HttpDemand, current: int, expected: int) -> None:
    assert instances(Sample(0.0, http), current) == expected


@pytest.mark.parametrize(
    ("length", "age", "current", "expected"),
    [
        (0, 0.0, 0, 0),
        (1, 0.1, 0, 1),
        (20_000, 0.5, 1, 1),
        (20_000, 3.0, 1, 5),
        (48, 3.0, 1, 2),
        (5, 20.0, 2, 3),
        (5, 20.0, 10, 10),
    ],
)
def test_a_queue_asks_by_length_once_its_messages_wait(length: int, age: float, current: int, expected: int) -> None:
    assert instances(Sample(0.0, queues=(QueueDemand(length, age, 24),)), current) == expected


def test_what_all_functions_ask_for_is_added_up_within_the_limits() -> None:
    sample = Sample(0.0, HttpDemand(64, 0, 0.0), (QueueDemand(48, 3.0, 24), QueueDemand(24, 3.0, 24)))
    assert instances(sample, 2) == 5
    assert instances(sample, 2, ScaleLimits(0, 4)) == 4


def test_a_little_work_of_several_functions_fits_into_one_instance() -> None:
    little = Sample(0.0, HttpDemand(2, 0, 0.0), (QueueDemand(1, 0.1, 24), QueueDemand(3, 3.0, 24)))
    assert instances(little, 0) == 1
    assert instances(little, 1) == 1


def test_a_function_that_must_always_listen_keeps_one_instance() -> None:
    assert instances(Sample(0.0, resident=True), 0) == 1
    assert instances(Sample(1e9, resident=True), 1, state=ScaleState(low_since=0.0)) == 1


def test_always_ready_instances_come_all_at_once() -> None:
    assert instances(Sample(0.0), 0, ScaleLimits(7, 10)) == 7


def test_after_a_step_the_next_one_waits_for_its_effect() -> None:
    backlog = Sample(0.0, queues=(QueueDemand(20_000, 3.0, 24),))
    first = decide(backlog, 1, LIMITS, RULES, FRESH)
    assert first.instances == 5
    again = decide(replace(backlog, time=4.9), 5, LIMITS, RULES, first.state)
    assert again == Decision(5, "", first.state)
    assert decide(replace(backlog, time=5.0), 5, LIMITS, RULES, again.state).instances == 9


def test_the_instance_that_a_message_wakes_does_not_hold_up_those_that_a_backlog_needs() -> None:
    woken = decide(Sample(0.0, queues=(QueueDemand(20_000, 0.1, 24),)), 0, LIMITS, RULES, FRESH)
    assert woken.instances == 1
    backlog = Sample(2.0, queues=(QueueDemand(20_000, 2.1, 24),))
    more = decide(backlog, 1, LIMITS, RULES, woken.state)
    assert more.instances == 4
    assert decide(replace(backlog, time=4.9), 4, LIMITS, RULES, more.state).instances == 4
    assert decide(replace(backlog, time=5.0), 4, LIMITS, RULES, more.state).instances == 8


def test_instances_go_one_by_one_and_the_last_after_a_long_silence() -> None:
    current, state, seen = 4, FRESH, {}
    for second in range(700):
        decision = decide(Sample(float(second), HttpDemand(0, 0, float(second))), current, LIMITS, RULES, state)
        if decision.instances != current:
            seen[second] = decision.instances
        current, state = decision.instances, decision.state
    assert list(seen.values()) == [3, 2, 1, 0]
    assert list(seen) == [60, 70, 80, 330]


def test_a_moment_of_work_starts_the_waiting_over() -> None:
    low = decide(Sample(0.0), 2, LIMITS, RULES, FRESH)
    busy = decide(Sample(59.0, HttpDemand(64, 0, 0.0)), 2, LIMITS, RULES, low.state)
    assert busy.state.low_since is None
    assert decide(Sample(61.0), 2, LIMITS, RULES, busy.state).instances == 2


def test_while_the_store_cannot_be_reached_nothing_goes() -> None:
    blind = Sample(1e6, HttpDemand(), None)
    assert instances(blind, 3, state=ScaleState(low_since=0.0)) == 3
    assert instances(Sample(1e6, HttpDemand(200, 0, 0.0), None), 3) == 7


def test_a_lowered_maximum_counts_at_once() -> None:
    assert instances(Sample(0.0, HttpDemand(500, 0, 0.0)), 8, ScaleLimits(0, 2)) == 2


def test_a_running_invocation_keeps_an_instance() -> None:
    assert instances(Sample(1e6, executing=1), 1, state=ScaleState(low_since=0.0)) == 1


@given(
    st.integers(0, 500),
    st.integers(0, 500),
    st.lists(st.tuples(st.integers(0, 10**6), st.floats(0, 1e5), st.integers(1, 64)), max_size=4),
    st.integers(0, 12),
    st.integers(0, 5),
    st.integers(5, 12),
)
def test_the_limits_hold_whatever_happens(
    in_flight: int, waiting: int, queues: list[tuple[int, float, int]], current: int, minimum: int, maximum: int
) -> None:
    sample = Sample(0.0, HttpDemand(in_flight, waiting, 0.0), tuple(QueueDemand(*queue) for queue in queues))
    decision = decide(sample, current, ScaleLimits(minimum, maximum), RULES, FRESH)
    assert min(minimum, current) <= decision.instances <= max(maximum, 0)
    assert bool(decision.reason) == (decision.instances != current)
