"""A new version does not load, and then the worker ends that had the last good one: the app is what its files hold."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

from funchost.testing import HostProcess, eventually
from tests.acceptance.small_app import write_function
from tests.integration.host.reloading import answers, changing_app, replace, says, script, status_errors
from tests.integration.triggers.queue_app import CODE, QueueApp

WAIT = 60.0
KEEPS = r"The new version does not load; the last good version keeps serving\."
GIVEN_UP = r"No worker is left that has the last good version loaded\."


def break_and_kill(host: HostProcess, file: Path, code: str) -> None:
    """Save what does not load, then kill the worker that has the version before."""
    before = len(host.lines)
    (worker,) = host.worker_pids
    replace(file, code)
    host.wait_for_line(KEEPS, WAIT, start=before)
    os.kill(worker, signal.SIGKILL)
    host.wait_for_line(GIVEN_UP, WAIT, start=before)


def test_what_loads_serves_and_the_rest_says_why_not_until_it_is_mended(tmp_path: Path) -> None:
    app = changing_app(tmp_path / "app")
    write_function(app, "Other", says("old"))
    with HostProcess(app) as host:
        break_and_kill(host, script(app), "def main(req):\n    return (\n")
        eventually(lambda: "SyntaxError" in str(host.function_errors("Version")), WAIT)
        refused = host.get("/api/Version")
        assert refused.status == 500
        assert f"{script(app)}:2" in refused.text
        answers(host, "old", "/api/Other")
        replace(script(app, "Other"), says("new"))  # not held back: there is nothing to keep
        answers(host, "new", "/api/Other")
        before = len(host.lines)
        replace(script(app), says("two"))
        eventually(lambda: host.get("/api/Version").text == "two", WAIT)
        assert not status_errors(host)
        broken = len(host.lines)
        replace(script(app), "import package_not_there\n")
        host.wait_for_line(KEEPS, WAIT, start=broken)  # as before: what was mended is kept
        assert host.get("/api/Version").text == "two"
        assert not any(re.search(GIVEN_UP, line) for line in host.lines[before:])


def test_messages_wait_for_a_function_that_does_not_load(tmp_path: Path) -> None:
    app = QueueApp(tmp_path / "app", {"maxDequeueCount": 1})
    app.put("first")
    with app.start() as host:
        eventually(lambda: app.times() == {"first": 1}, WAIT)
        break_and_kill(host, app.root / "function_app.py", CODE + "\nimport package_not_there\n")
        app.put("second")
        eventually(lambda: "package_not_there" in host.get("/api/most").text, WAIT)
        assert app.times("begin") == {"first": 1}
        replace(app.root / "function_app.py", CODE)
        eventually(lambda: app.times() == {"first": 1, "second": 1}, WAIT)
        assert [count for text, count, _ in app.notes() if text == "second"] == [1]
        eventually(lambda: app.count() == 0)
