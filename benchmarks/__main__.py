"""scripts/bench: measures everything and writes docs/benchmarks.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import front, gateway, memory, queue_rates, report, start_up, throughput, wake_up
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
}


def main() -> int:
    """Runs the parts asked for; a full run writes the page, any run prints it."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="measure one part and only print")
    parser.add_argument("--rounds", type=int, default=5, help="rounds over all servers (default: 5)")
    parser.add_argument("--seconds", type=float, default=5.0, help="load on each URL in each round (default: 5)")
    parser.add_argument("--note", default="", help="a sentence on this run for the page, e.g. what else was running")
    options = parser.parse_args()
    effort = Effort(options.rounds, options.seconds)
    sections: list[Section] = []
    for name in [options.only] if options.only else PARTS:
        print(f"scripts/bench: measuring {name}", file=sys.stderr)
        try:
            sections += PARTS[name](effort)
        except NotMeasured as error:
            sections.append(Section(name, notes=(f"Not measured: {error}",)))
    page = report.render(sections, effort, options.note)
    print(page)
    if not options.only:
        PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
