"""scripts/bench: measures everything, or single parts, and writes docs/benchmarks.md."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    cold_start,
    front,
    gateway,
    memory,
    page,
    priority,
    publishing,
    queue_rates,
    report,
    scale_out,
    server_size,
    start_up,
    throughput,
    wake_up,
)
from benchmarks.effort import Effort
from benchmarks.outcome import NotMeasured, Section

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
PARTS: dict[str, Callable[[Effort], list[Section]]] = {
    "http": throughput.measure,
    "start": lambda effort: start_up.measure(effort.rounds),
    "memory": lambda _: memory.measure(),
    "queue": lambda effort: [*queue_rates.measure(effort), *wake_up.measure_queue(effort)],
    "blob": wake_up.measure_blob,
    "front": front.measure,
    "gateway": gateway.measure,
    "cold-start": cold_start.measure,
    "publish": publishing.measure,
    "scale": scale_out.measure,
    "server": server_size.measure,
}


def main() -> int:
    """Runs the parts asked for, writes them into the page and prints them."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part; may be repeated")
    parser.add_argument("--dry-run", action="store_true", help="only print: leave the page as it is")
    parser.add_argument("--rounds", type=int, default=5, help="rounds over all servers (default: 5)")
    parser.add_argument("--seconds", type=float, default=5.0, help="load on each URL in each round (default: 5)")
    parser.add_argument("--note", default="", help="a sentence on this run for the page, e.g. what else was running")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is measured has its compiled files
    effort = Effort(options.rounds, options.seconds)
    for name in options.only or PARTS:
        print(f"scripts/bench: measuring {name}", file=sys.stderr)
        try:
            with priority.passed_on():
                sections = PARTS[name](effort)
        except NotMeasured as error:
            sections = [Section(name, notes=(f"Not measured: {error}",))]
        part = report.render(sections, effort, options.note)
        print(part)
        if not options.dry_run:
            _write(name, part)
    return 0


def _write(name: str, part: str) -> None:
    """Put the part into the page; the others stay as they are."""
    found = page.parts(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
    text = page.joined(report.INTRODUCTION, {**found, name: part}, list(PARTS), report.end())
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
