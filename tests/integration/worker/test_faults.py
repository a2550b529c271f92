"""What functions do to the process they run in, and that the worker lives on (or ends at once, if it must)."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import pytest

from funchost.testing import eventually
from funchost_worker import wire
from funchost_worker.wire import Kind
from tests.integration.worker.conftest import App, Start
from tests.integration.worker.driver import DEADLINE, WorkerDriver, http_request


def is_alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def open_files(pid: int) -> list[str]:
    """What each open file of a process is."""
    found = []
    for number in os.listdir(f"/proc/{pid}/fd"):
        with suppress(FileNotFoundError):  # closed meanwhile
            found.append(os.readlink(f"/proc/{pid}/fd/{number}"))
    return found


def wire_and_lifeline(pid: int) -> set[str]:
    """What a worker has been given to speak with its host, by its command line."""
    with open(f"/proc/{pid}/cmdline") as file:
        words = file.read().split("\0")
    numbers = [words[words.index(option) + 1] for option in ("--wire", "--lifeline")]
    return {os.readlink(f"/proc/{pid}/fd/{number}") for number in numbers}


def assert_fine(worker: WorkerDriver) -> None:
    assert worker.get("fine").body == b"fine"
    worker.send_raw(wire.frame(Kind.PING, 9999))
    worker.take(lambda frame: frame.kind == Kind.PONG)


@pytest.fixture
def with_fine(app: App) -> App:
    app.function("fine", "import asyncio\nasync def main(req):\n    await asyncio.sleep(0)\n    return 'fine'")
    return app


MISCHIEF = [
    "import asyncio; asyncio.get_event_loop().stop()",
    "import asyncio; asyncio.set_event_loop(asyncio.new_event_loop())",
    "import asyncio; asyncio.set_event_loop(None)",
    "import asyncio; asyncio.get_event_loop().close()",
    "import asyncio; asyncio.get_event_loop().call_soon(lambda: 1 / 0)",
    "import sys, asyncio; asyncio.get_event_loop().call_soon(sys.exit, 3)",
    "import asyncio; asyncio.ensure_future(boom())",
    "import sys; sys.stdout.close()",
    "import sys; sys.stderr.close()",
    "import sys; sys.stdout = None; sys.stderr = object()",
    "import os; os.close(1)",
    "import sys, io; sys.stdout = io.StringIO(); print('swallowed')",
    "import logging; logging.shutdown()",
    "import logging; logging.getLogger().handlers.clear()",
    "import logging; logging.disable(logging.CRITICAL)",
    "import gc; gc.disable()",
    "import sys; sys.path.clear()",
    "import os; os.chdir('/')",
    "import os; os.environ.clear()",
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN) if is_main() else None",
    "import sys; sys.setrecursionlimit(200)",
    "import warnings; warnings.simplefilter('error')",
]


@pytest.mark.parametrize("kind", ["def", "async def"])
@pytest.mark.parametrize("code", MISCHIEF)
def test_the_worker_outlives_it(with_fine: App, start: Start, kind: str, code: str) -> None:
    with_fine.function(
        "f",
        f"""
        import threading
        def is_main(): return threading.current_thread() is threading.main_thread()
        async def boom(): raise SystemExit(3)
        {kind} main(req):
            {code}
            return "done"
        """,
    )
    worker = start(with_fine)
    worker.get("f")  # an answer comes; whether the mischief itself works is the function's business
    assert_fine(worker)
    worker.get("f")
    assert_fine(worker)


def test_print_works_again_after_a_function_closed_stdout(with_fine: App, start: Start) -> None:
    with_fine.function("close", "import sys\ndef main(req): sys.stdout.close(); return 'x'")
    with_fine.function("show", "def main(req): print('shown'); return 'x'")
    worker = start(with_fine)
    worker.get("close")
    assert worker.get("show").error is None
    worker.wait_for_output("stdout", b"shown")


def test_a_hundred_megabytes_of_prints(with_fine: App, start: Start) -> None:
    with_fine.function("f", "def main(req):\n    for _ in range(1000): print('x' * 104857)\n    return 'done'")
    worker = start(with_fine)
    assert worker.get("f").body == b"done"
    assert_fine(worker)
    assert len(worker.output["stdout"]) > 100_000_000


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_exiting_at_once(with_fine: App, start: Start, kind: str) -> None:
    with_fine.function("f", f"import os\n{kind} main(req): print('last words', end=''); os._exit(7)")
    worker = start(with_fine)
    call = worker.http("f")
    with pytest.raises(EOFError):
        worker.answer(call)
    assert worker.process.wait(DEADLINE) == 7


def test_exiting_at_import(app: App) -> None:
    import sys

    declared = app.function("f", "import os\nos._exit(9)")
    with WorkerDriver(app.root, sys.executable) as worker:
        worker.hello()
        worker.init()
        with pytest.raises(EOFError):
            worker.load([declared])
        assert worker.process.wait(DEADLINE) == 9


FORKS = {
    "a child that returns into the handler": "pid = os.fork()",
    "a child that raises": "pid = os.fork()\n    if pid == 0: raise ValueError('in the child')",
    "a child that exits": "pid = os.fork()\n    if pid == 0: sys.exit(5)",
    "a child that logs and prints": "pid = os.fork()\n    if pid == 0: logging.warning('child'); print('child')",
}


@pytest.mark.parametrize("kind", ["def", "async def"])
@pytest.mark.parametrize("code", list(FORKS.values()), ids=list(FORKS))
def test_a_forked_child_never_answers_for_its_parent(with_fine: App, start: Start, kind: str, code: str) -> None:
    with_fine.function("f", f"import logging, os, sys\n{kind} main(req):\n    {code}\n    return str(pid)")
    worker = start(with_fine)
    child = int(worker.get("f").body)
    assert child > 0
    assert_fine(worker)
    body = os.urandom(3 * 1024 * 1024)
    with_fine.functions.clear()
    for _ in range(3):
        answer = worker.answer(worker.invoke("fine", [["req", "http", http_request()]], tail=body[: wire.INLINE_BODY]))
        assert answer.body == b"fine"
    while is_alive(child):
        assert_fine(worker)


def test_bodies_still_arrive_after_a_child_returned_into_the_handler(with_fine: App, start: Start) -> None:
    with_fine.function("f", "import os\ndef main(req): os.fork(); return str(len(req.get_body()))")
    worker = start(with_fine)
    for _ in range(3):
        call = worker.invoke("f", [["req", "http", http_request("POST")]], stream=True)
        chunk = b"x" * wire.CHUNK
        for sent in range(48):
            if sent >= 16:
                worker.take(lambda frame: frame.kind == Kind.CREDIT) if sent % 4 == 0 else None
            worker.send_raw(wire.frame(Kind.BODY, call, chunk))
        worker.send_raw(wire.frame(Kind.BODY_END, call))
        assert worker.answer(call).body == str(48 * wire.CHUNK).encode()
        while worker._frames:
            worker._frames.pop()


def test_an_async_child_goes_on_alone(with_fine: App, start: Start) -> None:
    """It may await on its own; tasks of other invocations are the parent's."""
    with_fine.function(
        "f",
        """
        import asyncio, os
        async def main(req):
            pid = os.fork()
            if pid == 0:
                while not os.path.exists("go"):
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.1)
                print("child done", flush=True)
            return str(pid)
        """,
    )
    with_fine.function(
        "other",
        """
        import asyncio, os
        async def main(req):
            print("waits")
            while not os.path.exists("go"):
                await asyncio.sleep(0.01)
            print("once")
            return "o"
        """,
    )
    worker = start(with_fine)
    other = worker.http("other")
    worker.wait_for_output("stdout", b"waits")
    child = int(worker.get("f").body)
    with_fine.file("go")
    assert worker.answer(other).body == b"o"
    worker.wait_for_output("stdout", b"child done")
    while is_alive(child):
        assert_fine(worker)
    assert worker.output["stdout"].count(b"once") == 1


def test_a_child_left_running_holds_neither_wire_nor_lifeline(with_fine: App, start: Start) -> None:
    with_fine.function(
        "f",
        "import os, time\ndef main(req):\n    pid = os.fork()\n    if pid == 0: time.sleep(1000)\n    return str(pid)",
    )
    worker = start(with_fine)
    child = int(worker.get("f").body)
    held = [link for link in open_files(worker.process.pid) if link in wire_and_lifeline(worker.process.pid)]
    assert len(held) == 2
    eventually(lambda: not wire_and_lifeline(worker.process.pid) & set(open_files(child)), DEADLINE)
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.wait(DEADLINE)
    assert is_alive(child)
    assert worker.socket.recv(1) == b""  # the child does not keep the wire open


def test_spawned_children_inherit_neither(with_fine: App, start: Start) -> None:
    with_fine.function(
        "f",
        """
        import subprocess, sys
        def main(req):
            code = "import os, json; print(json.dumps(sorted(os.listdir('/proc/self/fd'))))"
            return subprocess.check_output([sys.executable, "-c", code], close_fds=False)[:-1].decode()
        """,
    )
    worker = start(with_fine)
    numbers = wire.load(memoryview(worker.get("f").body))
    assert numbers == ["0", "1", "2", "3"]


def test_multiprocessing_in_a_function(with_fine: App, start: Start) -> None:
    with_fine.function(
        "f",
        """
        import logging, multiprocessing
        def work(n):
            logging.warning("in the pool")
            return n * n
        def main(req):
            with multiprocessing.get_context("fork").Pool(2) as pool:
                return str(pool.map(work, range(4)))
        """,
    )
    worker = start(with_fine)
    assert worker.get("f").body == b"[0, 1, 4, 9]"
    worker.wait_for_output("stderr", b"in the pool")
    assert_fine(worker)


def test_running_out_of_memory_fails_the_call(with_fine: App, start: Start) -> None:
    with_fine.function(
        "f",
        """
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        def main(req):
            kept = []
            while True:
                kept.append(bytearray(16 << 20))
        """,
    )
    worker = start(with_fine)
    assert worker.get("f").error[0] == "MemoryError"
    assert_fine(worker)
    assert worker.get("f").error[0] == "MemoryError"


def test_a_fork_at_import(with_fine: App, start: Start) -> None:
    with_fine.function("f", "import os\nPID = os.fork()\ndef main(req): return str(PID)")
    worker = start(with_fine)
    assert int(worker.get("f").body) > 0
    assert_fine(worker)


def test_a_blocked_loop_answers_nothing_and_recovers(with_fine: App, start: Start) -> None:
    with_fine.function(
        "f",
        "import os, time\nasync def main(req):\n    print('in')\n    while not os.path.exists('go'): time.sleep(0.01)",
    )
    worker = start(with_fine)
    call = worker.http("f")
    worker.wait_for_output("stdout", b"in")
    ping = wire.frame(Kind.PING, 1)
    worker.send_raw(ping)
    with pytest.raises(TimeoutError):
        worker.take(lambda frame: frame.kind == Kind.PONG, 0.3)
    with_fine.file("go")
    worker.take(lambda frame: frame.kind == Kind.PONG)
    assert worker.answer(call).error is None
