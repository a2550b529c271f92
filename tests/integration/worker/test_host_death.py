"""No orphans: the worker and its children end with the host, whatever the app's code is doing."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

import pytest

from tests.integration.worker.conftest import App, Start
from tests.integration.worker.driver import DEADLINE, WorkerDriver
from tests.integration.worker.test_faults import is_alive

BUSY = {
    "idle": "async def main(req): print('in')",
    "blocked loop": "import time\nasync def main(req): print('in'); time.sleep(1000)",
    "busy thread": "import time\ndef main(req): print('in'); time.sleep(1000)",
    "spinning": "async def main(req):\n    print('in')\n    while True: pass",
    "forked child": "import os, time\ndef main(req):\n    os.fork()\n    print('in')\n    time.sleep(1000)",
    "spawned child": "import subprocess\ndef main(req): p = subprocess.Popen(['sleep', '1000']); print('in'); p.wait()",
}
HOLDS_THE_GIL = "import re\nasync def main(req): print('in'); re.match('(a|a)*b', 'a' * 64)"
"""One call into C that does not come back, and during which no other thread of Python runs."""

DEATHS: dict[str, Callable[[WorkerDriver], None]] = {
    "both ends": WorkerDriver.close_ends,
    "wire": WorkerDriver.close_wire,
    "lifeline": WorkerDriver.close_lifeline,
}


def members(group: int) -> list[int]:
    """Living processes of a process group."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(name))
    return found


def wait_until_gone(worker: WorkerDriver) -> None:
    worker.process.wait(DEADLINE)
    end = time.monotonic() + DEADLINE
    while members(worker.process.pid):
        assert time.monotonic() < end, members(worker.process.pid)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
@pytest.mark.parametrize("death", list(DEATHS.values()), ids=list(DEATHS))
@pytest.mark.parametrize("code", list(BUSY.values()), ids=list(BUSY))
def test_nothing_is_left(app: App, start: Start, code: str, death: Callable[[WorkerDriver], None]) -> None:
    app.function("f", code)
    worker = start(app)
    worker.http("f")
    worker.wait_for_output("stdout", b"in")
    assert is_alive(worker.process.pid)
    death(worker)
    wait_until_gone(worker)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux only")
def test_nothing_is_left_while_c_code_holds_the_gil(app: App, start: Start) -> None:
    app.function("f", HOLDS_THE_GIL)
    worker = start(app)
    worker.http("f")
    worker.wait_for_output("stdout", b"in")
    worker.close_ends()
    wait_until_gone(worker)


def test_a_host_that_dies_while_the_worker_starts(app: App) -> None:
    with WorkerDriver(app.root, sys.executable) as worker:
        worker.close_ends()
        worker.process.wait(DEADLINE)


def test_a_worker_that_does_not_lead_its_group_ends_alone(app: App) -> None:
    with WorkerDriver(app.root, sys.executable, new_session=False) as worker:
        worker.hello()
        worker.close_ends()
        worker.process.wait(DEADLINE)
    assert is_alive(os.getpid())
