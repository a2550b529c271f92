"""The keys that a filter can select, as ranges in the order of the index.

All intervals are half open: the smallest text above `s` in code point order is `s` with a NUL appended, and no key
holds a NUL. What a filter says beyond the keys is left to its evaluation: the ranges may hold too much, never too
little.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from funchost.storage.odata.edm import Kind
from funchost.storage.odata.expression import Both, Comparison, Either, Expression, Literal, Property

PARTITION_KEY = "PartitionKey"
ROW_KEY = "RowKey"
_MOST = 128
"""More boxes than that are scanned as one range."""

_MIRRORED = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}


class KeyRange(NamedTuple):
    """Keys from `low` on and below `high`, both (partition, row); None = no end."""

    low: tuple[str, str]
    high: tuple[str, str] | None


class _Interval(NamedTuple):
    low: str = ""
    high: str | None = None

    @property
    def is_point(self) -> bool:
        return self.high == _above(self.low)

    def meet(self, other: _Interval) -> _Interval | None:
        low = max(self.low, other.low)
        highs = [high for high in (self.high, other.high) if high is not None]
        high = min(highs) if highs else None
        return None if high is not None and low >= high else _Interval(low, high)


class _Box(NamedTuple):
    partition: _Interval = _Interval()
    row: _Interval = _Interval()

    def meet(self, other: _Box) -> _Box | None:
        partition, row = self.partition.meet(other.partition), self.row.meet(other.row)
        return None if partition is None or row is None else _Box(partition, row)


ALL_KEYS = (KeyRange(("", ""), None),)


def key_ranges(expression: Expression | None) -> tuple[KeyRange, ...]:
    """Return disjoint ranges in ascending order that hold every key the filter can select."""
    if expression is None:
        return ALL_KEYS
    return tuple(_merged(_range(box) for box in _boxes(expression)))


def _boxes(expression: Expression) -> list[_Box]:
    match expression:
        case Comparison(operator, Property(name), Literal(value)):
            return _compared(name, operator, value.kind, value.value)
        case Comparison(operator, Literal(value), Property(name)):
            return _compared(name, _MIRRORED[operator], value.kind, value.value)
        case Both(parts):
            boxes = [_Box()]
            for part in parts:
                boxes = _few([both for one in boxes for other in _boxes(part) if (both := one.meet(other)) is not None])
            return boxes
        case Either(parts):
            return _few([box for part in parts for box in _boxes(part)])
        case _:
            return [_Box()]


def _few(boxes: list[_Box]) -> list[_Box]:
    """Return one box around all of them if they are too many to multiply."""
    if len(boxes) <= _MOST:
        return boxes
    return [_Box(_hull(box.partition for box in boxes), _hull(box.row for box in boxes))]


def _hull(intervals: Iterable[_Interval]) -> _Interval:
    lows, highs = zip(*intervals, strict=True)
    ends = [high for high in highs if high is not None]
    return _Interval(min(lows), max(ends) if len(ends) == len(highs) else None)


def _compared(name: str, operator: str, kind: Kind, value: str) -> list[_Box]:
    if name not in (PARTITION_KEY, ROW_KEY):
        return [_Box()]
    if kind is not Kind.STRING:
        return []
    intervals = _intervals(operator, value)
    return [_Box(partition=one) if name == PARTITION_KEY else _Box(row=one) for one in intervals]


def _intervals(operator: str, value: str) -> list[_Interval]:
    above = _above(value)
    match operator:
        case "eq":
            return [_Interval(value, above)]
        case "ge":
            return [_Interval(value)]
        case "gt":
            return [_Interval(above)]
        case "le":
            return [_Interval(high=above)]
        case "lt":
            return [_Interval(high=value)] if value else []
        case _:
            below = [_Interval(high=value)] if value else []
            return [*below, _Interval(above)]


def _above(text: str) -> str:
    return text + "\0"


def _range(box: _Box) -> KeyRange:
    partition, row = box
    if not partition.is_point:
        return KeyRange((partition.low, ""), None if partition.high is None else (partition.high, ""))
    high = (_above(partition.low), "") if row.high is None else (partition.low, row.high)
    return KeyRange((partition.low, row.low), high)


def _merged(ranges: Iterable[KeyRange]) -> list[KeyRange]:
    merged: list[KeyRange] = []
    for one in sorted(ranges, key=lambda item: item.low):
        last = merged[-1] if merged else None
        if last is None or (last.high is not None and last.high < one.low):
            merged.append(one)
        elif last.high is not None and (one.high is None or one.high > last.high):
            merged[-1] = KeyRange(last.low, one.high)
    return merged
