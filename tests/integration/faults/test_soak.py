"""Minutes of everything at once: users, workers that are killed, and an author who keeps saving."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from tests.integration.faults.bystander import Bystander
from tests.integration.faults.leftovers import Family
from tests.integration.host.reloading import changing_app, says, script
from tests.integration.workers.memory import MIB, Memory

SECONDS = 120.0
USERS = 4
WORKERS = 3


def open_files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files in /proc, which Linux has")
def test_users_do_not_notice_two_minutes_of_kills_and_reloads(tmp_path: Path, processes: Family) -> None:
    """Requests in a killed worker are answered 500, all others 200; nothing piles up in the host."""
    app = changing_app(tmp_path / "app")
    environment = {**processes.env, "FUNCTIONS_WORKER_PROCESS_COUNT": str(WORKERS)}
    with HostProcess(app, env=environment) as host, ExitStack() as users:
        everybody = [users.enter_context(Bystander(host)) for _ in range(USERS)]
        eventually(lambda: len(host.worker_pids) == WORKERS, 60)
        memory, files = Memory(host.pid), open_files(host.pid)
        version = kills = 0
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            since = time.monotonic()
            with suppress(ProcessLookupError):
                os.kill(host.worker_pids[kills % len(host.worker_pids)], signal.SIGKILL)
            kills += 1
            everybody[0].goes_on(20)
            if kills % 3 == 0:
                version += 1
                script(app).write_text(says(f"version {version}"))
                eventually(lambda wanted=f"version {version}": host.get("/api/Version").text == wanted, 60)  # type: ignore[misc]
            for user in everybody:
                user.excuse(since)
        eventually(lambda: len(host.worker_pids) == WORKERS, 60)
        assert version >= 5
        assert sum(len(user.seen) for user in everybody) > 1000
        assert memory.growth() < 32 * MIB
        eventually(lambda: open_files(host.pid) <= files + 2 * USERS, 30)
        users.close()
        assert host.stop() == 0
    assert processes.pids() == ()
