"""The pool with the worker that apps run in."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from funchost.app.function_app import Binding, Direction, Function, Model
from funchost.app.invocation import Datum, HttpRequestData, HttpResponseData, Invocation, InvocationResult, Status
from funchost.testing.process_tree import is_alive
from funchost.workers.interpreter import Interpreter
from funchost.workers.launch import WorkerLaunch
from funchost.workers.pool import WorkerPool
from tests.integration.workers.memory import MIB, Memory
from tests.integration.workers.pools import DEADLINE, Recorder, Setup, in_time, until

APP = {
    "hello": "async def main(req): return 'Hello ' + req.params.get('name', '')",
    "size": "def main(req): return str(len(req.get_body()))",
    "large": "import azure.functions as f\ndef main(req): return f.HttpResponse(b'x' * int(req.params['size']))",
    "pause": "import asyncio\nasync def main(req):\n    print('started', flush=True)\n    await asyncio.sleep(60)",
    "stuck": "import time\nasync def main(req):\n    print('started', flush=True)\n    time.sleep(60)",
    "thread": (
        "import time\ndef main(req):\n    print('started', flush=True)\n    time.sleep(float(req.params['seconds']))\n"
        "    return 'late'"
    ),
    "leave": (
        "import logging, os\ndef main(req):\n    logging.warning('last record')\n    print('last line')\n"
        "    os._exit(5)"
    ),
    "fork": (
        "import os, signal, time\ndef main(req):\n    pid = os.fork()\n    if not pid:\n        time.sleep(60)\n"
        "    open('child.pid', 'w').write(str(pid))\n    os.kill(os.getpid(), signal.SIGKILL)"
    ),
    "silent": "import sys\ndef main(req):\n    sys.stdout.close()\n    return 'closed'",
    "odd": "def main(req): return {'not': 'a response'}",
}


def write_app(root: Path, sources: dict[str, str]) -> list[Function]:
    """A function.json app; returns its declared functions."""
    trigger: dict[str, object] = {"type": "httpTrigger", "direction": "in", "name": "req"}
    output: dict[str, object] = {"type": "http", "direction": "out", "name": "$return"}
    bindings = (
        Binding("req", "httpTrigger", Direction.IN, raw=trigger),
        Binding("$return", "http", Direction.OUT, raw=output),
    )
    functions = []
    for name, source in sources.items():
        folder = root / name
        folder.mkdir()
        script = folder / "__init__.py"
        script.write_text(source + "\n", encoding="utf-8")
        functions.append(Function(name, folder, script, None, bindings, Model.FUNCTION_JSON, folder / "function.json"))
    return functions


class RealPool:
    """A pool of real workers over an app made for one test."""

    def __init__(self, root: Path, sources: dict[str, str], count: int) -> None:
        self.functions = {function.name: function for function in write_app(root, sources)}
        self.recorder = Recorder()
        interpreter = Interpreter(sys.executable, sys.version_info[:3], "the tests' own", True)
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        launch = WorkerLaunch(interpreter, (), root, environment, None, "INFO", 30.0)
        self.pool = WorkerPool(launch, count, self.recorder)
        self.count = count
        self._calls = 0

    async def __aenter__(self) -> RealPool:
        await self.pool.index()
        assert await self.pool.load(list(self.functions.values())) == {}
        await until(lambda: len(self.recorder.pids) == self.count)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.pool.stop(DEADLINE)

    def printed(self) -> str:
        """Everything; lines that two threads print at once may be mixed."""
        return "".join(line for _, line in self.recorder.lines)

    def invocation(self, name: str, body: object = b"", /, **params: str) -> Invocation:
        self._calls += 1
        request = HttpRequestData("POST", f"http://localhost/api/{name}", {}, params, {}, body)  # type: ignore[arg-type]
        return Invocation(f"id-{self._calls}", self.functions[name], (("req", Datum("http", request)),))

    async def call(self, name: str, body: object = b"", /, **params: str) -> InvocationResult:
        return await in_time(self.pool.submit(self.invocation(name, body, **params)))


def response(result: InvocationResult) -> HttpResponseData:
    assert result.status is Status.SUCCEEDED, result.exception
    assert isinstance(result.return_value.value, HttpResponseData)
    return result.return_value.value


class Upload:
    """100 MiB that are made while they are read."""

    size = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(100):
            yield bytes(MIB)


def test_calls_come_back(setup: Setup) -> None:
    async def scenario() -> None:
        async with RealPool(setup.folder, APP, 2) as real:
            results = await asyncio.gather(*(real.call("hello", name=str(n)) for n in range(500)))
            assert [response(r).body for r in results] == [f"Hello {n}".encode() for n in range(500)]

    setup.run(scenario())


def test_large_bodies_pass_in_both_directions(setup: Setup) -> None:
    async def scenario() -> None:
        async with RealPool(setup.folder, APP, 1) as real:
            response(await real.call("size", bytes(3 * MIB)))
            memory = Memory()
            upload = asyncio.ensure_future(real.call("size", Upload()))
            assert response(await real.call("hello")).body == b"Hello "
            assert response(await upload).body == str(100 * MIB).encode()

            body = response(await real.call("large", size=str(100 * MIB))).body
            assert not isinstance(body, bytes)
            size = 0
            async for chunk in body:
                size += len(chunk)
            assert size == 100 * MIB
            assert memory.growth() < 16 * MIB

            given_up = response(await real.call("large", size=str(50 * MIB))).body
            await given_up.aclose()  # type: ignore[union-attr]
            await until(lambda: real.pool.in_flight == 0)

    setup.run(scenario())


def test_kill_9_under_load_is_survived(setup: Setup) -> None:
    async def scenario() -> None:
        async with RealPool(setup.folder, APP, 2) as real:
            load = [asyncio.ensure_future(real.call("hello")) for _ in range(400)]
            await until(lambda: any(task.done() for task in load))
            os.kill(real.pool.pids[0], signal.SIGKILL)
            load += [asyncio.ensure_future(real.call("hello")) for _ in range(400)]
            statuses = [result.status for result in await asyncio.gather(*load)]
            assert set(statuses) <= {Status.SUCCEEDED, Status.LOST}
            assert statuses.count(Status.SUCCEEDED) >= 400
            await until(lambda: len(real.recorder.pids) == 3)

    setup.run(scenario())


def test_what_was_written_before_os_exit_arrives(setup: Setup) -> None:
    async def scenario() -> None:
        async with RealPool(setup.folder, APP, 1) as real:
            assert (await real.call("leave")).status is Status.LOST
            assert [record.message for record in real.recorder.logs] == ["last record"]
            assert ("stdout", "last line") in real.recorder.lines
            assert real.recorder.exits[0].reason == "exited with code 5"
            assert response(await real.call("hello")).body == b"Hello "

    setup.run(scenario())


def test_children_left_behind_end_with_their_worker(setup: Setup) -> None:
    async def scenario() -> None:
        async with RealPool(setup.folder, APP, 1) as real:
            assert (await real.call("fork")).status is Status.LOST
            child = int((setup.folder / "child.pid").read_text(encoding="ascii"))
            await until(lambda: not is_alive(child))
            assert response(await real.call("hello")).body == b"Hello "

    setup.run(scenario())


@pytest.mark.parametrize(("stuck", "starts"), [("pause", 1), ("stuck", 2), ("thread", 2)])
def test_an_abandoned_call_costs_a_worker_only_if_it_cannot_be_cancelled(setup: Setup, stuck: str, starts: int) -> None:
    async def scenario() -> None:
        async with RealPool(setup.folder, APP, 1) as real:
            sibling = real.pool.submit(real.invocation("thread", seconds="1.5"))
            abandoned = real.invocation(stuck, seconds="60")
            answer = real.pool.submit(abandoned)
            await until(lambda: real.printed().count("started") == 2)
            real.pool.abandon(abandoned.id)
            assert (await in_time(answer)).status is Status.TIMED_OUT
            if stuck != "stuck":
                assert response(await in_time(sibling)).body == b"late"
            if starts == 2:
                await until(lambda: len(real.recorder.pids) == starts)
            assert response(await real.call("hello")).body == b"Hello "
            assert len(real.recorder.pids) == starts

    setup.run(scenario())


def test_a_function_that_closes_stdout_or_returns_nonsense_harms_nobody(setup: Setup) -> None:
    async def scenario() -> None:
        async with RealPool(setup.folder, APP, 1) as real:
            assert response(await real.call("silent")).body == b"closed"
            failed = await real.call("odd")
            assert failed.status is Status.FAILED
            assert failed.exception is not None
            assert response(await real.call("hello")).body == b"Hello "
            assert real.recorder.exits == []

    setup.run(scenario())


def test_a_function_whose_import_ends_the_process_is_left_out_and_the_others_run(setup: Setup) -> None:
    gone = "import os, sys\nprint('no licence', file=sys.stderr)\nos._exit(7)"

    async def scenario() -> None:
        real = RealPool(setup.folder, {"gone": gone, "hello": "def main(req): return 'x'"}, 2)
        await real.pool.index()
        errors = await real.pool.load(list(real.functions.values()))
        assert set(errors) == {"gone"}
        assert "exited with code 7" in errors["gone"].message
        assert "no licence" in errors["gone"].message
        assert response(await real.call("hello")).body == b"x"
        await real.pool.stop(DEADLINE)

    setup.run(scenario())


def test_a_replacement_that_loads_less_than_its_siblings_takes_no_calls(setup: Setup) -> None:
    async def scenario() -> None:
        async with RealPool(setup.folder, {"hello": "import os\ndef main(req): return str(os.getpid())"}, 2) as real:
            killed, sibling = real.pool.pids
            script = setup.folder / "hello" / "__init__.py"
            script.write_text("this is no Python", encoding="utf-8")
            os.kill(killed, signal.SIGKILL)
            await until(lambda: any("cannot load" in state.reason for state in real.recorder.states))
            answers = await asyncio.gather(*(real.call("hello") for _ in range(50)))
            assert {response(answer).body for answer in answers} == {str(sibling).encode()}

    setup.run(scenario())


def test_stop_runs_atexit_callbacks(setup: Setup) -> None:
    source = "import atexit\natexit.register(lambda: print('good bye'))\ndef main(req): return 'x'"

    async def scenario() -> None:
        async with RealPool(setup.folder, {"polite": source}, 1) as real:
            await real.call("polite")
        assert ("stdout", "good bye") in real.recorder.lines
        assert [(e.reason, e.expected) for e in real.recorder.exits] == [("exited with code 0", True)]

    setup.run(scenario())


def test_the_start_of_a_line_is_shown_without_its_end(setup: Setup) -> None:
    source = "def main(req):\n    print('Name: ', end='')\n    return 'x'"

    async def scenario() -> None:
        async with RealPool(setup.folder, {"asks": source}, 1) as real:
            await real.call("asks")
            async with asyncio.timeout(DEADLINE):
                while ("stdout", "Name: ") not in real.recorder.lines:
                    await asyncio.sleep(0.02)

    setup.run(scenario())
