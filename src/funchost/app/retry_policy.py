"""Retry policies as host.json, function.json and `@app.retry` write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from funchost.app import values
from funchost.app.function_app import RetryPolicy

FIXED = "fixedDelay"
EXPONENTIAL = "exponentialBackoff"
LONGEST = 2_147_483_647.0
"""Upper limit of the exponential strategy if a decorator gives none; what the existing worker takes."""

T = TypeVar("T")


class RetryProblem(ValueError):
    """A property of a retry policy is missing or wrong; `prop` is its name as written."""

    def __init__(self, prop: str, message: str) -> None:
        super().__init__(message)
        self.prop = prop


def read_retry_policy(raw: Mapping[str, object], *, intervals_required: bool = True) -> RetryPolicy:
    """Return the policy of a `retry` object.

    Args:
        raw: names in camelCase or with underscores (``max_retry_count``), case-insensitive.
        intervals_required: a missing interval is an error; decorator apps may leave them out (0, and LONGEST).

    Raises:
        RetryProblem: a property is missing or wrong.
    """
    fields = _Fields(raw)
    strategy = fields.read("strategy", _strategy)
    retries = fields.read("maxRetryCount", values.whole(0, unlimited=True))
    interval = values.span(0)
    if strategy == FIXED:
        delay = fields.read("delayInterval", interval, None if intervals_required else 0.0)
        return RetryPolicy(max_retries=retries, fixed_delay=delay)
    minimum = fields.read("minimumInterval", interval, None if intervals_required else 0.0)
    maximum = fields.read("maximumInterval", interval, None if intervals_required else LONGEST)
    if minimum > maximum:
        raise RetryProblem(
            fields.name("minimumInterval"),
            f"The minimum interval {values.time_span_text(minimum)} is longer than the maximum interval "
            f"{values.time_span_text(maximum)}.",
        )
    return RetryPolicy(max_retries=retries, minimum=minimum, maximum=maximum)


class _Fields:
    def __init__(self, raw: Mapping[str, object]) -> None:
        self._own = {name.replace("_", "").lower(): (name, value) for name, value in raw.items()}

    def name(self, name: str) -> str:
        return self._own.get(name.lower(), (name, None))[0]

    def read(self, name: str, convert: Callable[[object], T], default: T | None = None) -> T:
        own, value = self._own.get(name.lower(), (name, None))
        if value is None:
            if default is None:
                raise RetryProblem(own, f"The retry policy has no '{name}'.")
            return default
        try:
            return convert(value)
        except ValueError as error:
            raise RetryProblem(own, str(error)) from error


def _strategy(value: object) -> str:
    found = values.text(value).replace("_", "").lower()
    for strategy in (FIXED, EXPONENTIAL):
        if found == strategy.lower():
            return strategy
    raise ValueError(f"{values.shown(value)} is not a retry strategy; use {FIXED} or {EXPONENTIAL}.")
