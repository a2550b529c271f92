"""Hello, ping, stop, and frames that are no part of the wire."""

from __future__ import annotations

import json
import platform
import sys

import pytest

from funchost_worker import wire
from funchost_worker.wire import Kind
from tests.integration.worker.conftest import App, Start
from tests.integration.worker.driver import DEADLINE, WorkerDriver


def test_hello_is_the_first_frame(app: App) -> None:
    with WorkerDriver(app.root, sys.executable) as worker:
        assert worker.hello() == {
            "wire": wire.VERSION,
            "python": platform.python_version(),
            "implementation": "cpython",
            "pid": worker.process.pid,
        }


def test_ping_is_answered_under_its_number(app: App, start: Start) -> None:
    app.function("f", "def main(req): return 'x'")
    worker = start(app)
    worker.send_raw(wire.frame(Kind.PING, 77))
    assert worker.take(lambda frame: frame.kind == Kind.PONG).call == 77


def test_stop_runs_atexit_callbacks_and_ends_with_code_0(app: App, start: Start) -> None:
    app.function(
        "f",
        """
        import atexit, logging
        atexit.register(print, "at exit")
        atexit.register(logging.warning, "logged at exit")
        def main(req): return 'x'
        """,
    )
    worker = start(app)
    worker.send_raw(wire.frame(Kind.STOP, 0))
    assert worker.wait_for_log("logged at exit")
    assert worker.process.wait(DEADLINE) == 0
    assert b"at exit\n" in worker.stop_output()["stdout"]


def test_an_atexit_callback_that_hangs_is_given_a_second(app: App, start: Start) -> None:
    app.function("f", "import atexit, time\natexit.register(time.sleep, 1000)\ndef main(req): return 'x'")
    worker = start(app)
    worker.send_raw(wire.frame(Kind.STOP, 0))
    assert worker.process.wait(DEADLINE) == 0


def test_stop_does_not_wait_for_busy_threads(app: App, start: Start) -> None:
    app.function("f", "import time\ndef main(req): print('busy'); time.sleep(1000)")
    worker = start(app)
    worker.http("f")
    worker.wait_for_output("stdout", b"busy")
    worker.send_raw(wire.frame(Kind.STOP, 0))
    assert worker.process.wait(DEADLINE) == 0


@pytest.mark.parametrize(
    "data",
    [wire.frame(Kind.HELLO, 0), wire.frame(200, 0), wire.HEADER.pack(wire.MAX_FRAME + 1, Kind.BODY, 1)],
    ids=["kind of the host", "unknown kind", "over the limit"],
)
def test_a_frame_that_is_no_part_of_the_wire_ends_the_worker(app: App, start: Start, data: bytes) -> None:
    app.function("f", "def main(req): return 'x'")
    worker = start(app)
    worker.send_raw(data)
    worker.process.wait(DEADLINE)
    assert b"is not part of this wire" in worker.stop_output()["stderr"]


def test_nothing_of_ours_is_importable_but_the_worker_package(app: App, start: Start) -> None:
    app.function(
        "f",
        """
        import json, sys
        LOADED = sorted(m for m in sys.modules if m.startswith("funchost") and not m.startswith("funchost_worker"))
        def can_import(name):
            try:
                __import__(name)
            except ImportError:
                return False
            return True
        def main(req):
            ours = [name for name in ("channel", "signature", "worker", "runner") if can_import(name)]
            return json.dumps([LOADED, ours, [p for p in sys.path if "funchost_worker" in p], sys.argv[1:]])
        """,
    )
    worker = start(app)
    assert json.loads(worker.get("f").body) == [[], [], [], []]


def test_an_unknown_function_is_an_answer_not_a_crash(app: App, start: Start) -> None:
    app.function("f", "def main(req): return 'x'")
    worker = start(app)
    assert worker.get("other").error[:2] == ["RuntimeError", "function 'other' is not loaded in this worker"]
    assert worker.get("f").body == b"x"
