"""Calls: threads and the loop, context, cancellation, bodies, values that go wrong."""

from __future__ import annotations

import os
from typing import Any

import pytest

from funchost_worker import wire
from funchost_worker.wire import Kind
from tests.integration.worker.conftest import App, Start
from tests.integration.worker.driver import http_request

QUEUE_BINDINGS = [{"name": "msg", "type": "queueTrigger"}]


def test_sync_functions_run_side_by_side_in_threads(app: App, start: Start) -> None:
    app.function("f", "import threading\nb = threading.Barrier(3)\ndef main(req): b.wait(20); return 'met'")
    worker = start(app)
    calls = [worker.http("f") for _ in range(3)]
    assert [worker.answer(call).body for call in calls] == [b"met"] * 3


def test_async_functions_run_side_by_side_on_the_loop(app: App, start: Start) -> None:
    app.function(
        "f",
        """
        import asyncio, threading
        waiting = []
        async def main(req):
            waiting.append(1)
            while len(waiting) < 3:
                await asyncio.sleep(0.01)
            return str(threading.current_thread() is threading.main_thread())
        """,
    )
    worker = start(app)
    calls = [worker.http("f") for _ in range(3)]
    assert [worker.answer(call).body for call in calls] == [b"True"] * 3


@pytest.mark.parametrize(("setting", "threads"), [("1", 1), ("2", 2), ("none", None)])
def test_the_number_of_threads(app: App, start: Start, setting: str, threads: int | None) -> None:
    app.function(
        "f",
        """
        import threading, time
        def main(req):
            time.sleep(0.05)
            return threading.current_thread().name
        """,
    )
    worker = start(app, {"PYTHON_THREADPOOL_THREAD_COUNT": setting})
    calls = [worker.http("f") for _ in range(6)]
    names = {worker.answer(call).body for call in calls}
    if threads is None:
        assert len(names) > 2
        assert "PYTHON_THREADPOOL_THREAD_COUNT must be an integer" in worker.wait_for_log("PYTHON_THREADPOOL")[2]
    else:
        assert len(names) <= threads


def test_the_context(app: App, start: Start) -> None:
    app.function(
        "f",
        """
        import json
        def main(req, context):
            trace, retry = context.trace_context, context.retry_context
            return json.dumps([context.function_name, context.function_directory, context.invocation_id,
                trace.trace_parent, trace.Tracestate, retry.retry_count, retry.max_retry_count,
                retry.exception.message, context.thread_local_storage.invocation_id])
        """,
    )
    worker = start(app)
    call = worker.invoke(
        "f",
        [["req", "http", http_request()]],
        invocation_id="1-2-3",
        tp="00-4bf9-00f0-01",
        ts="a=b",
        retry=[1, 4, ["ValueError", "before", ""]],
    )
    assert wire.load(memoryview(worker.answer(call).body)) == [
        "f", str(app.root / "f"), "1-2-3", "00-4bf9-00f0-01", "a=b", 1, 4, "ValueError: before", "1-2-3",
    ]  # fmt: skip


def test_context_variables_reach_threads_and_executors(app: App, start: Start) -> None:
    app.function(
        "f",
        """
        import asyncio, contextvars, threading
        from concurrent.futures import ThreadPoolExecutor
        var = contextvars.ContextVar("var", default="unset")
        pool = ThreadPoolExecutor(1)
        async def main(req):
            var.set(req.params["v"])
            seen = []
            thread = threading.Thread(target=lambda: seen.append(var.get()))
            thread.start()
            thread.join()
            loop = asyncio.get_event_loop()
            seen.append(await loop.run_in_executor(None, var.get))
            seen.append(await loop.run_in_executor(pool, var.get))
            seen.append(pool.submit(var.get).result())
            return " ".join(seen)
        """,
    )
    worker = start(app)
    assert worker.get("f", query={"v": "a"}).body == b"a a a a"
    assert worker.get("f", query={"v": "b"}).body == b"b b b b"


def test_context_variables_of_a_call_do_not_leak_into_the_next(app: App, start: Start) -> None:
    text = """
        import contextvars
        var = contextvars.ContextVar("var", default="unset")
        {} main(req):
            seen = var.get()
            var.set("leaked")
            return seen
        """
    app.function("s", text.format("def"))
    app.function("a", text.format("async def"))
    worker = start(app, {"PYTHON_THREADPOOL_THREAD_COUNT": "1"})
    assert [worker.get(name).body for name in "ssaa"] == [b"unset"] * 4


def test_cancelling_an_async_function(app: App, start: Start) -> None:
    app.function(
        "f",
        """
        import asyncio
        async def main(req):
            print("started")
            try:
                await asyncio.sleep(1000)
            finally:
                print("cleaned up")
        """,
    )
    worker = start(app)
    call = worker.http("f")
    worker.wait_for_output("stdout", b"started")
    worker.send_raw(wire.frame(Kind.CANCEL, call))
    answer = worker.answer(call)
    assert answer.result["cancelled"] is True
    assert answer.error[0] == "CancelledError"
    worker.wait_for_output("stdout", b"cleaned up")


def test_an_async_function_may_refuse_cancellation(app: App, start: Start) -> None:
    app.function(
        "f",
        """
        import asyncio
        async def main(req):
            print("started")
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                return "stayed"
        """,
    )
    worker = start(app)
    call = worker.http("f")
    worker.wait_for_output("stdout", b"started")
    worker.send_raw(wire.frame(Kind.CANCEL, call))
    answer = worker.answer(call)
    assert (answer.body, answer.result["cancelled"]) == (b"stayed", False)


def test_a_sync_function_that_waits_for_a_thread_can_be_cancelled_and_a_running_one_not(app: App, start: Start) -> None:
    app.function(
        "f", "import os, time\ndef main(req):\n    print('in')\n    while not os.path.exists('go'): time.sleep(0.01)"
    )
    worker = start(app, {"PYTHON_THREADPOOL_THREAD_COUNT": "1"})
    running, waiting = worker.http("f"), worker.http("f")
    worker.wait_for_output("stdout", b"in")
    for call in (running, waiting):
        worker.send_raw(wire.frame(Kind.CANCEL, call))
    assert worker.answer(waiting).result["cancelled"] is True
    app.file("go")
    assert worker.answer(running).error is None


def test_a_call_cancelled_by_the_apps_own_code_before_it_started_is_answered(app: App, start: Start) -> None:
    app.function(
        "f",
        """
        import asyncio
        async def main(req):
            if req.params:
                for task in asyncio.all_tasks():
                    if task is not asyncio.current_task():
                        task.cancel()
            return "x"
        """,
    )
    worker = start(app)
    value: dict[str, Any] = {"id": "1", "md": {}, "tp": "", "ts": "", "retry": None, "stream": False, "f": "f"}
    both = b"".join(
        wire.json_frame(
            Kind.INVOKE,
            1000 + i,
            wire.dump({**value, "in": [["req", "http", http_request(query={"k": "v"} if i == 0 else {})]]}),
        )
        for i in range(2)
    )
    worker.send_raw(both)
    assert worker.answer(1000).body == b"x"
    assert worker.answer(1001).result["cancelled"] is True


def send_body(worker: Any, call: int, body: bytes) -> None:
    """As a host does: no more than the window without credit."""
    window = wire.WINDOW
    at = 0
    while at < len(body):
        if window < wire.CHUNK:
            frame = worker.take(lambda frame: frame.kind == Kind.CREDIT and frame.call == call)
            window += wire.LENGTH.unpack(frame.payload)[0]
            continue
        chunk = body[at : at + wire.CHUNK]
        worker.send_raw(wire.frame(Kind.BODY, call, chunk))
        window -= len(chunk)
        at += len(chunk)
    worker.send_raw(wire.frame(Kind.BODY_END, call))


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_large_bodies_both_ways(app: App, start: Start, kind: str) -> None:
    app.function(
        "f", f"import azure.functions as func\n{kind} main(req): return func.HttpResponse(req.get_body()[::-1])"
    )
    worker = start(app)
    body = os.urandom(5 * 1024 * 1024 + 17)
    call = worker.invoke("f", [["req", "http", http_request("POST")]], stream=True)
    send_body(worker, call, body)
    answer = worker.answer(call)
    assert answer.result["stream"] == len(body)
    assert answer.body == body[::-1]


def test_a_body_that_breaks_off_keeps_the_function_from_running(app: App, start: Start) -> None:
    app.function("f", "def main(req): print('ran'); return 'x'")
    worker = start(app)
    call = worker.invoke("f", [["req", "http", http_request("POST")]], stream=True)
    worker.send_raw(wire.frame(Kind.BODY, call, b"half"))
    worker.send_raw(wire.frame(Kind.BODY_END, call, b"the client went away"))
    answer = worker.answer(call)
    assert answer.result["cancelled"] is True
    assert "the client went away" in answer.error[1]
    assert worker.get("f").body == b"x"
    worker.wait_for_output("stdout", b"ran")
    assert worker.output["stdout"].count(b"ran") == 1


def test_memory_of_a_large_upload(app: App, start: Start) -> None:
    app.function("f", "def main(req): return str(len(req.get_body()))")
    worker = start(app)
    worker.get("f")

    def peak() -> int:
        with open(f"/proc/{worker.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024

    if not os.path.exists(f"/proc/{worker.process.pid}/status"):
        pytest.skip("needs /proc")
    before, body = peak(), bytes(50 * 1024 * 1024)
    call = worker.invoke("f", [["req", "http", http_request("POST")]], stream=True)
    send_body(worker, call, body)
    assert worker.answer(call).body == str(len(body)).encode()
    assert peak() - before < 1.2 * len(body) + 4 * 1024 * 1024


FAILURES = [
    ("raise ValueError('x')", "ValueError", "x"),
    ("raise SystemExit(3)", "SystemExit", "3"),
    ("import sys; sys.exit()", "SystemExit", ""),
    ("raise KeyboardInterrupt", "KeyboardInterrupt", ""),
    ("raise GeneratorExit", "GeneratorExit", ""),
    ("import asyncio; raise asyncio.CancelledError", "CancelledError", ""),
    ("raise MemoryError", "MemoryError", ""),
    ("f = lambda: f(); f()", "RecursionError", "recursion"),
    ("class E(BaseException): pass\n    raise E('base')", "E", "base"),
    ("class E(Exception):\n        def __str__(self): 1/0\n    raise E", "E", "Could not serialize original exception"),
    ("return 3", "TypeError", 'for Python type "int"'),
    ("return b'x'", "TypeError", 'for Python type "bytes"'),
    ("return {}", "TypeError", 'for Python type "dict"'),
    ("return (x for x in 'ab')", "TypeError", "returned a generator"),
    ("return '\\ud800'", "ValueError", "lone surrogate"),
    ("import azure.functions as func; return func.HttpResponse(headers={'a': '1\\r\\nb: 2'})", "ValueError", ""),
    (
        "import azure.functions as func; return func.HttpResponse(headers={'a\\r\\nb': '1'})",
        "ValueError",
        "header name",
    ),
    ("import azure.functions as func; return func.HttpResponse(headers={'a': 'Ω'})", "ValueError", "Latin-1"),
    ("import azure.functions as func; return func.HttpResponse(status_code=1000)", "ValueError", "between 200 and 999"),
]


@pytest.mark.parametrize("kind", ["def", "async def"])
@pytest.mark.parametrize(("code", "error", "message"), FAILURES, ids=[f[0].split("\n")[0][-40:] for f in FAILURES])
def test_a_failure_is_that_call_s_alone(app: App, start: Start, kind: str, code: str, error: str, message: str) -> None:
    app.function("f", f"{kind} main(req):\n    {code}\n")
    app.function("fine", "async def main(req): return 'fine'")
    worker = start(app)
    answer = worker.get("f")
    assert answer.error is not None
    assert answer.error[0] == error
    assert message in answer.error[1]
    assert answer.result["cancelled"] is False
    assert "funchost_worker" not in answer.error[2]
    assert worker.get("fine").body == b"fine"


def test_a_sync_function_that_returns_a_coroutine(app: App, start: Start) -> None:
    app.function("f", "async def inner(): pass\ndef main(req): return inner()")
    error = start(app).get("f").error
    assert error[0] == "TypeError"
    assert "returned a coroutine: declare it with `async def`" in error[1]


def test_none_for_an_http_return_and_text_that_looks_like_json(app: App, start: Start) -> None:
    app.function("f", "def main(req): return req.params.get('t')")
    worker = start(app)
    assert worker.get("f").value == ["none", None]
    assert worker.get("f", query={"t": '{"body": 1}'}).body == b'{"body": 1}'


def test_the_host_is_told_of_a_value_that_no_binding_takes(app: App, start: Start) -> None:
    app.function("f", "def main(msg): return 'msg body'", bindings=QUEUE_BINDINGS)
    worker = start(app)
    answer = worker.answer(worker.invoke("f", [["msg", "string", "x"]]))
    assert (answer.value, answer.error) == (["dropped", "str"], None)
    assert worker.logs == []


def test_many_calls_at_once_are_all_answered(app: App, start: Start) -> None:
    app.function("s", "def main(req): return req.params['n']")
    app.function("a", "async def main(req): return req.params['n']")
    worker = start(app)
    calls = {worker.http(name, query={"n": str(n)}): str(n).encode() for n in range(500) for name in "sa"}
    assert all(worker.answer(call).body == text for call, text in calls.items())


def test_forms_and_files(app: App, start: Start) -> None:
    app.function("f", "def main(req): return req.form['a'] + req.files['doc'].filename + req.headers['X-Y']")
    body = (
        b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
        b'--B\r\nContent-Disposition: form-data; name="doc"; filename="d.txt"\r\n\r\nx\r\n--B--\r\n'
    )
    headers = {"content-type": "multipart/form-data; boundary=B", "x-y": "!"}
    worker = start(app)
    assert worker.answer(worker.http("f", body=body, method="POST", headers=headers)).body == b"1d.txt!"


def test_worker_extensions_of_the_real_library(app: App, start: Start) -> None:
    app.file(
        "ext.py",
        """
        import typing
        import azure.functions as func
        class Everywhere(func.AppExtensionBase):
            @classmethod
            def init(cls): cls.seen = []
            @classmethod
            def configure(cls, *args, **kwargs): pass
            @classmethod
            def pre_invocation_app_level(cls, logger, context, func_args={}, *args, **kwargs):
                logger.info("before %s", context.function_name)
            @classmethod
            def post_invocation_app_level(cls, logger, context, func_args={}, func_ret=None, *args, **kwargs):
                logger.info("after %s", func_ret)
        """,
    )
    app.function("f", "import ext\ndef main(req): return 'x'")
    worker = start(app, {"PYTHON_ENABLE_WORKER_EXTENSIONS": "1"})
    worker.get("f")
    assert [record[:4] for record in worker.logs] == [
        [20, "azure_functions_worker.extension.Everywhere", "before f", "f"],
        [20, "azure_functions_worker.extension.Everywhere", "after x", "f"],
    ]
    quiet = start(app, {"PYTHON_ENABLE_WORKER_EXTENSIONS": "0"})
    quiet.get("f")
    assert quiet.logs == []
