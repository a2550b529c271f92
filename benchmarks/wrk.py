"""wrk, the load generator, and what it reports."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass

from benchmarks.outcome import NotMeasured

UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True, slots=True)
class Load:
    """One run of wrk.

    Args:
        per_second: answers per second.
        median: latency at p50, in ms.
        processor: processor time that the server used for one answer, in µs; None if it is not known.
        p99: latency at p99, in ms.
    """

    per_second: float
    median: float
    processor: float | None = None
    p99: float = 0.0


def find_wrk() -> str:
    """The wrk on PATH; installed with apt where that is possible, else NotMeasured says how to get it."""
    if found := shutil.which("wrk"):
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-qq", "-y", "wrk"]):
            subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)
        if found := shutil.which("wrk"):
            return found
    raise NotMeasured("wrk is not installed (on Debian and Ubuntu: apt install wrk)")


def run(url: str, connections: int, seconds: float, host: str | None = None) -> Load:
    """Loads one URL over kept-open connections from one thread.

    Args:
        host: for the Host header, None = as the URL says.

    Raises:
        NotMeasured: an answer was no success, or a socket failed: such a rate means nothing.
    """
    named = [] if host is None else ["-H", f"Host: {host}"]
    command = [find_wrk(), "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--latency", *named, url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=False)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    median = re.search(r"50%\s+([\d.]+)(us|ms|s)", done.stdout)
    tail = re.search(r"99%\s+([\d.]+)(us|ms|s)", done.stdout)
    if done.returncode or rate is None or median is None or tail is None:
        raise NotMeasured(f"wrk failed for {url}: {done.stdout}{done.stderr}")
    if fault := re.search(r"Non-2xx.*|Socket errors:.*", done.stdout):
        raise NotMeasured(f"{url}: {fault.group()}")
    return Load(float(rate.group(1)), _milliseconds(median), p99=_milliseconds(tail))


def _milliseconds(found: re.Match[str]) -> float:
    return float(found.group(1)) * UNITS[found.group(2)]
