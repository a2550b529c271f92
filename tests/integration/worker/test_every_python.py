"""The worker on every interpreter of the machine, with the releases of azure-functions in use on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from funchost_worker import wire
from funchost_worker.wire import Kind
from tests.integration.worker.conftest import App, Start
from tests.integration.worker.driver import WorkerDriver, http_request

HEADERS = {"content-type": "application/json", "x-name": "value"}


def test_requests_and_responses(app: App, start: Start, worker_python: Path) -> None:
    app.function("first", "def main(req):\n    user = req.params.get('user')\n    return f'Hello, {user}!'\n")
    app.function(
        "response",
        """
        import azure.functions as func
        async def main(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
            text = ' '.join([req.method, req.url, req.headers['X-Name'], req.route_params['id'],
                             req.get_json()['k'], context.invocation_id, context.function_name])
            return func.HttpResponse(text, status_code=201, mimetype='text/html',
                                     headers={'X-A': 'b', 'Set-Cookie': 'c=d; Path=/; SameSite=Lax; HttpOnly'})
        """,
    )
    worker = start(app, python=worker_python)
    assert worker.get("first", query={"user": "Ann"}).body == b"Hello, Ann!"
    request = http_request("POST", "http://h/api/x", HEADERS, params={"id": "7"})
    call = worker.invoke("response", [["req", "http", request]], tail=b'{"k": "json"}', invocation_id="the-id")
    answer = worker.answer(call)
    assert answer.error is None
    assert answer.body == b"POST http://h/api/x value 7 json the-id response"
    kind, value = answer.value
    assert (kind, value["status"], value["cookies"]) == ("http", 201, ["c=d; path=/; samesite=lax; httponly"])
    headers = {name.lower(): text for name, text in value["headers"]}
    assert headers == {"x-a": "b", "content-type": "text/html; charset=utf-8"}
    assert worker.logs == []


def test_queue_messages_and_outputs(app: App, start: Start, worker_python: Path) -> None:
    app.function(
        "f",
        """
        import azure.functions as func
        def main(msg: func.QueueMessage, out: func.Out[str]) -> None:
            out.set('{} {} {}'.format(msg.id, msg.dequeue_count, msg.get_body().decode()))
        """,
        bindings=[
            {"name": "msg", "type": "queueTrigger", "queueName": "q"},
            {"name": "out", "type": "queue", "direction": "out"},
        ],
    )
    worker = start(app, python=worker_python)
    call = worker.invoke(
        "f", [["msg", "string", "body"]], metadata={"Id": ["string", "7"], "DequeueCount": ["json", "1"]}
    )
    answer = worker.answer(call)
    assert (answer.error, answer.result["out"]) == (None, [["out", "string", "7 1 body"]])


def test_queue_messages_go_out_as_their_bodies(app: App, start: Start, worker_python: Path) -> None:
    app.function(
        "f",
        """
        import azure.functions as func
        def main(msg: func.QueueMessage, one, many):
            one.set(func.QueueMessage(id='7', body='[1, 2]'))
            many.set([func.QueueMessage(body=b'raw'), 'text', {'a': 1}])
        """,
        bindings=[
            {"name": "msg", "type": "queueTrigger", "queueName": "q"},
            {"name": "one", "type": "queue", "direction": "out"},
            {"name": "many", "type": "queue", "direction": "out"},
        ],
    )
    worker = start(app, python=worker_python)
    answer = worker.answer(worker.invoke("f", [["msg", "string", "body"]], metadata={"Id": ["string", "7"]}))
    assert answer.error is None
    assert answer.result["out"] == [["one", "bytes", 6], ["many", "collection_bytes", [3, 4, 8]]]
    assert answer.body == b'[1, 2]rawtext{"a": 1}'


def test_logs_threads_and_failures(app: App, start: Start, worker_python: Path) -> None:
    app.function(
        "f",
        """
        import asyncio, logging, threading
        from concurrent.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor(1)
        async def main(req):
            async def child():
                await asyncio.sleep(0)
                logging.info('task')
            await asyncio.ensure_future(child())
            loop = asyncio.get_event_loop()
            await loop.run_in_executor(None, logging.info, 'default executor')
            await loop.run_in_executor(pool, logging.info, 'own executor')
            thread = threading.Thread(target=logging.info, args=('thread',))
            thread.start()
            thread.join()
            print('printed')
            return 'x'
        """,
    )
    app.function(
        "s",
        """
        import logging, threading
        def inner():
            raise KeyError('inner')
        def main(req):
            logging.getLogger('my').warning('sync')
            thread = threading.Thread(target=logging.info, args=('thread of sync',))
            thread.start()
            thread.join()
            try:
                inner()
            except KeyError as error:
                raise ValueError('outer') from error
        """,
    )
    app.function("broken", "import nothing_of_this_name\ndef main(req): pass")
    worker = start(app, python=worker_python, errors=True)
    assert list(worker.load_errors) == ["broken"]
    kind, message, stack = worker.get("broken").error[:3]
    assert [kind, stack] == [worker.load_errors["broken"][0], worker.load_errors["broken"][2]]
    assert message == "function 'broken' does not load any more: " + worker.load_errors["broken"][1]
    for _ in range(2):
        assert worker.get("f").body == b"x"
        error = worker.get("s").error
        assert error[:2] == ["ValueError", "outer"]
        assert "KeyError: 'inner'" in error[2]
        assert "funchost_worker" not in error[2]
    assert [(record[2], record[3]) for record in worker.logs] == [
        ("task", "f"), ("default executor", "f"), ("own executor", "f"), ("thread", "f"),
        ("sync", "s"), ("thread of sync", "s"),
    ] * 2  # fmt: skip
    assert len({record[4] for record in worker.logs}) == 4
    worker.wait_for_output("stdout", b"printed\n")


def test_forks_streams_cancellation_and_stop(app: App, start: Start, worker_python: Path) -> None:
    app.function("fork", "import os\ndef main(req): return str(os.fork())")
    app.function("big", "def main(req): return 'x' * 200000")
    app.function("sleep", "import asyncio\nasync def main(req):\n    print('in')\n    await asyncio.sleep(1000)")
    app.function("leave", "import sys\ndef main(req): sys.exit(1)")
    worker = start(app, python=worker_python)
    assert int(worker.get("fork").body) > 0
    assert len(worker.get("big").body) == 200000
    call = worker.http("sleep")
    worker.wait_for_output("stdout", b"in")
    worker.send_raw(wire.frame(Kind.CANCEL, call))
    assert worker.answer(call).result["cancelled"] is True
    assert worker.get("leave").error[0] == "SystemExit"
    worker.send_raw(wire.frame(Kind.STOP, 0))
    assert worker.process.wait(10) == 0


def test_signatures(app: App, start: Start, worker_python: Path) -> None:
    app.function("wrong", "import azure.functions as func\ndef main(req: int): pass")
    app.function("missing", "def main(): pass")
    app.function("out", "import azure.functions as func\ndef main(req: func.Out[str]): pass")
    app.function(
        "fine",
        "import typing\nimport azure.functions as func\n"
        "def main(req: typing.Optional[func.HttpRequest]) -> typing.Optional[str]: return 'x'",
    )
    app.function("checkers", "def main(req: 'NotThere') -> 'str': return 'x'")
    worker = start(app, python=worker_python, errors=True)
    assert set(worker.load_errors) == {"wrong", "missing", "out"}
    assert 'does not match its Python annotation "int"' in worker.load_errors["wrong"][1]
    assert "declared in function.json but not in Python: {'req'}" in worker.load_errors["missing"][1]
    assert "its annotation is azure.functions.Out in Python" in worker.load_errors["out"][1]
    assert worker.get("fine").body == b"x"
    assert worker.get("checkers").body == b"x"


def test_decorators(app: App, start: Start, worker_python: Path) -> None:
    app.file(
        "function_app.py",
        """
        import azure.functions as func
        app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
        @app.function_name("named")
        @app.route("items/{id}")
        async def f(req: func.HttpRequest) -> str:
            return "decorated " + req.route_params["id"]
        """,
    )
    with WorkerDriver(app.root, str(worker_python)) as worker:
        worker.hello()
        worker.init()
        index = worker.index()
        if index["error"] is not None:
            assert "FunctionApp" in index["error"][1]
            assert tuple(map(int, index["library"].split(".")[:2])) < (1, 11)
            pytest.skip("this release of azure-functions has no decorators")
        [function] = index["functions"]
        assert {binding["type"] for binding in function["bindings"]} == {"httpTrigger", "http"}
        assert worker.load([{**function, "entry_point": None}]) == {}
        assert worker.get("named", params={"id": "7"}).body == b"decorated 7"
