"""A worker that dies again and again: the host waits longer each time, says so, and comes back when the app does."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

from funchost.testing import HostProcess, eventually
from tests.integration.faults.faulty_app import WAIT, answered, is_well
from tests.integration.faults.leftovers import Family

APP = """
import os
import azure.functions as func

if os.path.exists({poison!r}):
    os._exit(7)

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.route()
async def innocent(req: func.HttpRequest) -> str:
    return str(os.getpid())
"""


def start(folder: Path, processes: Family) -> tuple[HostProcess, Path, Path]:
    """An app whose workers cannot start while the second path exists; the third is its entry file."""
    app = folder / "app"
    app.mkdir()
    (app / "host.json").write_text('{"version": "2.0"}')
    poison = folder / "poison"
    entry = app / "function_app.py"
    entry.write_text(APP.format(poison=str(poison)))
    return HostProcess(app, "--timeout", "20", env=processes.env), poison, entry


def break_down(host: HostProcess, poison: Path) -> None:
    """Kill the only worker, and let every replacement end at import."""
    poison.touch()
    os.kill(int(host.get("/api/innocent").text), signal.SIGKILL)
    eventually(lambda: host.status()["state"] == "Error", WAIT)


def test_state_and_console_tell_of_a_crash_loop(tmp_path: Path, processes: Family) -> None:
    """The waits grow; clients get 500 and not a hang; the admin API answers and names the reason."""
    host, poison, _ = start(tmp_path, processes)
    with host:
        break_down(host, poison)
        errors = str(host.status()["errors"])
        assert "No Python worker takes calls" in errors
        assert "exited with code 7" in errors
        eventually(lambda: len(waits(host)) >= 3, WAIT)
        grown = waits(host)
        assert grown == sorted(grown)
        assert grown[-1] > grown[0]
        assert host.get("/api/innocent", timeout=WAIT).status in (500, 503)
        assert host.get("/admin/host/ping").status == 200
        poison.unlink()
        eventually(lambda: is_well(host), WAIT)
        assert host.get("/api/innocent").status == 200
        assert len(processes.pids()) == 2


def test_mended_file_ends_a_crash_loop_without_its_wait(tmp_path: Path, processes: Family) -> None:
    host, poison, entry = start(tmp_path, processes)
    with host:
        break_down(host, poison)
        entry.write_text(APP.format(poison="/nowhere").replace("str(os.getpid())", '"mended"'))
        eventually(lambda: answered(host.get("/api/innocent", timeout=WAIT)) == (200, "mended"), WAIT)
        eventually(lambda: is_well(host), WAIT)
        eventually(lambda: len(processes.pids()) == 2, WAIT)


def test_stop_while_waiting_for_the_next_start(tmp_path: Path, processes: Family) -> None:
    host, poison, _ = start(tmp_path, processes)
    with host:
        break_down(host, poison)
        assert host.stop() == 0
        assert processes.pids() == ()


def waits(host: HostProcess) -> list[float]:
    """Seconds that the console announced before each next start."""
    return [float(found) for found in re.findall(r"Next start in ([\d.]+) s", host.output)]
