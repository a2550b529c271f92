"""What a measurement gives: rows of the report."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


class NotMeasured(Exception):
    """A part of the run is impossible on this machine; the message says why."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One quality bar and what was measured against it.

    Args:
        met: None when it was not measured.
    """

    what: str
    measured: str
    bar: str
    met: bool | None

    @property
    def verdict(self) -> str:
        """`met`, `missed` or `not measured`."""
        return {True: "met", False: "missed", None: "not measured"}[self.met]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure that stands behind a bar."""

    what: str
    value: str


@dataclass(frozen=True, slots=True)
class Table:
    """Measured figures of one kind, side by side."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report: bars with their verdicts, the figures behind them, notes for the reader."""

    title: str
    bars: tuple[Bar, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


def at_least(what: str, value: float, bar: float, unit: str = "×") -> Bar:
    """A bar that a ratio or a rate must reach."""
    digits = 2 if bar < 100 else 0
    return Bar(what, f"{value:,.{digits}f} {unit}", f"≥ {bar:,.{digits}f} {unit}", value >= bar)


def at_most(what: str, value: float, bar: float, unit: str) -> Bar:
    """A bar that a time or a size must stay under."""
    return Bar(what, f"{value:.3g} {unit}", f"≤ {bar:g} {unit}", value <= bar)


def spread(values: Sequence[float], unit: str) -> str:
    """Median and range of several rounds."""
    return f"{statistics.median(values):,.0f} {unit} ({min(values):,.0f} to {max(values):,.0f})"
