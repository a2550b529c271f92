"""How long to measure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure: rounds, and seconds of load for each URL in each round."""

    rounds: int
    seconds: float
