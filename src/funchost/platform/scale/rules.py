"""How many instances a site should have: decided from one sample a second. Pure.

Target-based as the existing platform is (docs/compatibility.md, "Scaling"): each HTTP or queue function asks for as
many instances as its work divided by what one instance takes on at a time, fractions included; the sum counts, rounded
up, within the site's limits.
A queue asks for more than one instance only when its oldest message waits: a burst that one instance swallows is none.
More instances come at once, fewer come slowly, and none at all only after a long silence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from funchost.platform.site import ScaleLimits


class HttpDemand(NamedTuple):
    """Requests for a site.

    Args:
        in_flight: that instances are answering.
        waiting: that wait for an instance.
        idle: seconds since the last one came or ended; infinite if there was none.
    """

    in_flight: int = 0
    waiting: int = 0
    idle: float = math.inf


class QueueDemand(NamedTuple):
    """Messages of one queue that a function listens to.

    Args:
        length: messages, those being executed included.
        age: seconds that the oldest message nobody has taken has been waiting; 0 if there is none.
        target: executions that one instance takes on at a time.
    """

    length: int
    age: float
    target: int


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen of a site at one moment.

    Args:
        time: seconds, monotonic.
        http: see HttpDemand.
        queues: see QueueDemand; None = their store cannot be reached.
        executing: invocations that run in all instances.
        resident: whether a function needs an instance that is always there: timers, and blobs that are scanned for.
    """

    time: float
    http: HttpDemand = HttpDemand()
    queues: tuple[QueueDemand, ...] | None = ()
    executing: int = 0
    resident: bool = False


@dataclass(frozen=True, slots=True)
class ScaleRules:
    """Thresholds; built in, except for the two times that an operator may choose.

    Args:
        http_target: requests that one instance answers at a time.
        young: seconds that a message may wait before its queue asks for more than one instance.
        old: seconds after which a waiting message asks for one more instance than there are.
        step: instances that may be added at once, or one after the other, within `step_seconds`.
        step_seconds: until the next ones may be added: those of the last step should help by then.
        in_seconds: for so long fewer must do before the first instance goes.
        in_step_seconds: between two that go.
        idle_seconds: silence after which the last instance goes.
    """

    http_target: int = 32
    young: float = 2.0
    old: float = 15.0
    step: int = 4
    step_seconds: float = 5.0
    in_seconds: float = 60.0
    in_step_seconds: float = 10.0
    idle_seconds: float = 300.0


class ScaleState(NamedTuple):
    """What the rules remember from one sample to the next.

    Args:
        low_since: since when fewer instances would do, None = they would not.
        stepped_at: when the last step began: its first instance was added.
        stepped_from: how many instances there were before it.
    """

    low_since: float | None = None
    stepped_at: float = -math.inf
    stepped_from: int = 0


class Decision(NamedTuple):
    """The number of instances to have, and why it is not the one there is; empty if it is."""

    instances: int
    reason: str
    state: ScaleState


def decide(sample: Sample, current: int, limits: ScaleLimits, rules: ScaleRules, state: ScaleState) -> Decision:
    """Return how many instances a site should have.

    Args:
        current: instances that there are or that are being started.
    """
    if sample.queues is None:
        # Nothing is known about the work: what there is stays, requests can still add to it.
        wanted = max(current, _whole(_http_share(sample.http, rules)))
    else:
        queues = sum(_queue_share(queue, current, rules) for queue in sample.queues)
        wanted = _whole(_http_share(sample.http, rules) + queues)
    wanted = max(wanted, 1 if sample.resident or sample.executing else 0)
    wanted = min(max(wanted, limits.minimum), limits.maximum)
    if wanted > current:
        return _out(sample, current, wanted, limits, rules, state)
    if wanted == current:
        return Decision(current, "", state._replace(low_since=None))
    if current > limits.maximum:
        return Decision(limits.maximum, "the largest number is lower now", state._replace(low_since=None))
    return _in(sample, current, wanted, rules, state)


def _whole(shares: float) -> int:
    """Return instances for what functions ask for together: a little of each fits into one."""
    return math.ceil(shares - 1e-9)


def _http_share(http: HttpDemand, rules: ScaleRules) -> float:
    return (http.in_flight + http.waiting) / rules.http_target


def _queue_share(queue: QueueDemand, current: int, rules: ScaleRules) -> float:
    wanted = queue.length / max(queue.target, 1)
    if queue.length == 0 or queue.age < rules.young:
        return min(wanted, 1.0)
    return max(wanted, current + 1) if queue.age >= rules.old else wanted


def _out(
    sample: Sample, current: int, wanted: int, limits: ScaleLimits, rules: ScaleRules, state: ScaleState
) -> Decision:
    if sample.time - state.stepped_at >= rules.step_seconds:
        state = ScaleState(None, sample.time, current)
    instances = min(wanted, max(state.stepped_from + rules.step, limits.minimum, current))
    if instances == current:
        return Decision(current, "", state._replace(low_since=None))
    return Decision(instances, _why(sample, current), state._replace(low_since=None))


def _in(sample: Sample, current: int, wanted: int, rules: ScaleRules, state: ScaleState) -> Decision:
    since = sample.time if state.low_since is None else state.low_since
    low = state._replace(low_since=since)
    if current == 1:
        if sample.http.idle < rules.idle_seconds or sample.time - since < rules.idle_seconds:
            return Decision(1, "", low)
        return Decision(0, f"nothing to do for {rules.idle_seconds:g} s", state._replace(low_since=None))
    if sample.time - since < rules.in_seconds:
        return Decision(current, "", low)
    # The next one may go `in_step_seconds` from now.
    later = sample.time - rules.in_seconds + rules.in_step_seconds
    return Decision(current - 1, f"{wanted} would do", state._replace(low_since=later))


def _why(sample: Sample, current: int) -> str:
    parts = []
    if sample.http.waiting:
        parts.append(f"{sample.http.waiting} requests wait")
    elif sample.http.in_flight:
        parts.append(f"{sample.http.in_flight} requests in flight")
    parts += [
        f"{queue.length} messages, the oldest waits {queue.age:.0f} s" for queue in sample.queues or () if queue.length
    ]
    if not parts:
        parts.append("an instance is always there" if current == 0 else "the least number is higher now")
    return ", ".join(parts)
