"""Messages while hosts and workers come, go and die."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from funchost.testing import eventually
from tests.integration.triggers.queue_app import CODE, QueueApp


def test_two_hosts_share_the_messages_and_run_each_once(tmp_path: Path) -> None:
    app = QueueApp(tmp_path, {"batchSize": 4, "newBatchThreshold": 0})
    held = [f"slow {number}" for number in range(8)]  # more than one host takes
    texts = [f"short {number}" for number in range(120)]
    with app.start(), app.start():
        app.put(*held)
        eventually(lambda: len({pid for _, _, pid in app.notes("begin")}) == 2)
        app.put(*texts)
        app.release()
        eventually(lambda: len(app.notes()) >= len(held) + len(texts))
        eventually(lambda: app.count() == 0)
        assert set(app.times("begin").values()) == {1}


def test_a_reload_loses_no_message_and_runs_none_twice(tmp_path: Path) -> None:
    app = QueueApp(tmp_path)
    sent = 0

    def goes_on(workers: int) -> bool:
        """Keep messages coming; whether those of so many workers have ended."""
        nonlocal sent
        if sent - len(app.notes()) < 50:
            app.put(*(f"short {number}" for number in range(sent, sent + 100)))
            sent += 100
        return len({pid for _, _, pid in app.notes()}) == workers

    with app.start() as host:
        eventually(lambda: goes_on(workers=1))
        (tmp_path / "function_app.py").write_text(CODE + "\n# changed\n")
        eventually(lambda: goes_on(workers=2), 60)
        eventually(lambda: len(app.notes()) >= sent)
        eventually(lambda: app.count() == 0)
        assert set(app.times("begin").values()) == {1}
        assert len({pid for _, _, pid in app.notes()}) == 2
        assert "errors" not in host.status()


def test_a_message_whose_worker_dies_runs_again(tmp_path: Path) -> None:
    app = QueueApp(tmp_path)
    app.put("kill")
    with app.start():
        eventually(lambda: app.notes() and app.notes()[0][:2] == ("kill", 2))
        eventually(lambda: app.count() == 0)


def test_a_drained_host_takes_no_messages_until_it_is_resumed(tmp_path: Path) -> None:
    app = QueueApp(tmp_path)
    app.put("slow")
    with app.start() as host:
        eventually(lambda: app.times("begin") == {"slow": 1})
        assert host.post("/admin/host/drain").status == 202
        app.put("later")
        assert b'"InProgress"' in host.get("/admin/host/drain/status").body
        app.release()
        eventually(lambda: b'"Completed"' in host.get("/admin/host/drain/status").body)
        assert app.times("begin") == {"slow": 1}
        assert host.get("/api/most").text == "1"
        assert host.post("/admin/host/resume").status == 200
        eventually(lambda: app.times() == {"slow": 1, "later": 1})


def test_a_host_that_is_stopped_lets_messages_end(tmp_path: Path) -> None:
    app = QueueApp(tmp_path)
    app.put("slow")
    with app.start() as host:
        eventually(lambda: app.times("begin") == {"slow": 1})
        os.kill(host.pid, signal.SIGTERM)
        host.wait_for_line("SIGTERM received")
        app.release()
        eventually(lambda: host.exit_code is not None)
    assert app.times() == {"slow": 1}
    assert app.count() == 0


def test_what_a_stopped_host_cuts_off_runs_at_once_on_the_next(tmp_path: Path) -> None:
    app = QueueApp(tmp_path)
    app.put("slow")
    with app.start() as host:
        eventually(lambda: app.times("begin") == {"slow": 1})
        host.stop()
    app.release()
    with app.start():
        eventually(lambda: app.times() == {"slow": 1})
        assert app.notes()[0][1] == 2


def test_what_a_killed_host_had_runs_elsewhere_when_its_lease_is_over(tmp_path: Path) -> None:
    app = QueueApp(tmp_path, {"leaseDuration": "00:00:05"})
    app.put("slow")
    with app.start() as host:
        eventually(lambda: app.times("begin") == {"slow": 1})
        host.kill()
    app.release()
    with app.start():
        eventually(lambda: app.times() == {"slow": 1})
        assert app.notes()[0][1] == 2


def test_a_long_message_is_kept_from_the_other_host(tmp_path: Path) -> None:
    app = QueueApp(tmp_path, {"leaseDuration": "00:00:05"})
    app.put("slow")
    with app.start() as host, app.start():
        eventually(lambda: app.times("begin") == {"slow": 1})
        # Longer than a lease: without renewals the other host would have it by now.
        started = host.status()["processUptime"]
        assert isinstance(started, int)
        eventually(lambda: int(str(host.status()["processUptime"])) > started + 7_000)
        assert app.times("begin") == {"slow": 1}
        app.release()
        app.put("marker")
        eventually(lambda: app.times() == {"slow": 1, "marker": 1})
