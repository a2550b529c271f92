"""How long a user waits: `func start` to the first 200, `func --version`, `func --help`."""

from __future__ import annotations

import statistics
import subprocess
import time

from benchmarks import contenders
from benchmarks.outcome import Section, at_most
from benchmarks.serving import running

COMMAND_RUNS = 10


def measure(rounds: int) -> list[Section]:
    """Medians of several starts each."""
    func = str(contenders.BIN / "func")
    starts = [_start_seconds() for _ in range(rounds + 1)][1:]  # the first one compiles
    return [
        Section(
            "Start",
            (
                at_most("`func start` to first 200, app with 5 functions", statistics.median(starts), 1.0, "s"),
                at_most("`func --version`", _command_ms(func, "--version"), 100, "ms"),
                at_most("`func --help`", _command_ms(func, "--help"), 150, "ms"),
            ),
        )
    ]


def _start_seconds() -> float:
    with running(contenders.funchost("five")) as server:
        return server.seconds_to_answer


def _command_ms(*command: str) -> float:
    times = []
    for _ in range(COMMAND_RUNS + 1):
        begin = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, timeout=60, check=True)
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times[1:])
