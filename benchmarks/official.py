"""Microsoft's language worker, measured through benchmarks/official_worker/driver.py."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from benchmarks import contenders
from benchmarks.outcome import NotMeasured
from benchmarks.targets import OFFICIAL_ASYNC, OFFICIAL_SYNC

FOLDER = Path(__file__).resolve().parent / "official_worker"
FUNCTIONS = {OFFICIAL_ASYNC: "hello_async", OFFICIAL_SYNC: "hello_sync"}
NOTE = (
    "Microsoft's worker is the newest one on PyPI, release 1.1.9 of 2021, under Python 3.8 and without its host: a "
    "driver on the other core speaks the host's side of its gRPC protocol with 32 calls in flight. Release 4.34 was "
    "measured on another day, with the same kind of driver: about 3,000/s async and 2,200/s sync, where bare uvicorn "
    "reached 24,000/s."
)


def rates(rounds: int, seconds: float, in_flight: int, faults: list[str]) -> dict[str, list[float]]:
    """Invocations per second for each function, empty where it cannot be measured; `faults` gets the reason."""
    try:
        python = contenders.official_worker()
        return {
            name: [_run(python, folder, seconds, in_flight) for _ in range(rounds)]
            for name, folder in FUNCTIONS.items()
        }
    except NotMeasured as error:
        faults.append(str(error))
        return {}


def _run(python: Path, function: str, seconds: float, in_flight: int) -> float:
    command = [str(python), str(FOLDER / "driver.py"), str(FOLDER / "app"), function, str(seconds), str(in_flight)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)
    if done.returncode:
        raise NotMeasured(f"azure-functions-worker 1.1.9: {done.stderr.strip()[-500:]}")
    return float(json.loads(done.stdout)["per_second"])
