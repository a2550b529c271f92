"""The report, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks import machine
from benchmarks.effort import Effort
from benchmarks.outcome import Section

INTRODUCTION = """\
# Benchmarks

Written by `scripts/bench`; do not edit. Rates and ratios are of one run: compare rows with each other, not with another
machine's. Parts may be of different runs: each says when and how it was measured. Nothing here is asserted by a test.
"""

METHOD = """\
## Method

How HTTP, start and memory were measured; the other parts say it themselves. One host and one worker. wrk with one
thread loads every URL in turn, in several rounds after one that warms up; the table gives the median, the range in
brackets, and the processor time of host and worker together for one answer. A ratio is the median of the rounds'
ratios. Every server runs all the time and answers the same 13 bytes. Console lines go through a pipe to a reader that
drops them: with default levels funchost writes two lines for each request, the other servers write none. Load
generator, host and worker share the cores. Latency is wrk's p50 on one connection. Start-up is the time from starting
the process to the first 200, asked for every 5 ms, median of all rounds. Memory is read from /proc after 20 requests;
growth is the peak during the upload less what was resident before.
"""


def render(sections: Sequence[Section], effort: Effort, note: str = "") -> str:
    """One part of the page.

    Args:
        note: a sentence on this run.
    """
    how = f"{effort.rounds} rounds, {effort.seconds:.0f} s of load on each URL in a round."
    lines = [*(_section(section) for section in sections), " ".join(filter(None, [machine.moment(), how, note])) + "\n"]
    return "\n".join(lines)


def end() -> str:
    """What follows the parts: how and on what they were measured."""
    return METHOD + "\n## Machine\n\n" + "\n".join(machine.describe()) + "\n"


def _section(section: Section) -> str:
    lines = [f"## {section.title}", ""]
    if section.bars:
        lines += _table(("", "Measured", "Bar", ""), ((b.what, b.measured, b.bar, b.verdict) for b in section.bars))
    if section.figures:
        lines += _table(("", "Figure"), ((figure.what, figure.value) for figure in section.figures))
    for table in section.tables:
        lines += _table(table.head, table.rows)
    for note in section.notes:
        lines += [note, ""]
    return "\n".join(lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows), ""]
