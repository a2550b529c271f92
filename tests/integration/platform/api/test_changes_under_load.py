"""Deployments, settings, restarts, swaps and rollbacks while requests and messages keep coming: none is lost."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from funchost.testing import Response, ServerProcess, eventually
from tests.integration.platform.api.conftest import create_app
from tests.integration.platform.api.packages import FUNCTION, HELLO, package

CLIENTS = 4
WORK = """
import azure.functions as func

def main(msg: func.QueueMessage, done: func.Out[str]) -> None:
    done.set(msg.get_body().decode())
"""
QUEUES = {
    "scriptFile": "__init__.py",
    "bindings": [
        {"type": "queueTrigger", "direction": "in", "name": "msg", "queueName": "orders", "connection": "Orders"},
        {"type": "queue", "direction": "out", "name": "done", "queueName": "done", "connection": "Orders"},
    ],
}


def app(answer: str) -> bytes:
    return package(
        {
            "host.json": '{"version": "2.0"}',
            "hello/function.json": json.dumps(FUNCTION),
            "hello/__init__.py": HELLO.format(answer=answer),
            "work/function.json": json.dumps(QUEUES),
            "work/__init__.py": WORK,
        }
    )


class Load:
    """Requests and messages, one after the other.

    Args:
        server: that gets the requests, for the app ``busy``.
        orders: the queue that gets the messages.
    """

    def __init__(self, server: ServerProcess, orders: QueueClient) -> None:
        self.answers: Counter[str] = Counter()
        self.sent = 0
        self._server = server
        self._orders = orders
        self._over = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._ask) for _ in range(CLIENTS)]
        threads.append(threading.Thread(target=self._send))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=60)
        while not self._over.is_set():
            try:
                connection.request("GET", "/api/hello", headers={"Host": f"busy.localhost:{self._server.port}"})
                answer = connection.getresponse()
                self.answers[f"{answer.status} {answer.read().decode()}"] += 1
            except (OSError, http.client.HTTPException) as error:
                self.answers[repr(error)] += 1
                connection.close()
        connection.close()

    def _send(self) -> None:
        while not self._over.wait(0.01):
            self._orders.send_message(f"message {self.sent}")
            self.sent += 1


def swapped(server: ServerProcess, path: str) -> Response:
    answer = server.manage("POST", f"{path}/slotsswap", '{"targetSlot": "staging"}')
    place = "/" + answer.headers["Location"].split("/", 3)[3]

    def ended() -> Response | None:
        now = server.manage("GET", place)
        return now if now.status != 202 else None

    found = eventually(ended, 60)
    assert found is not None
    return found


def queue(store: str, name: str) -> QueueClient:
    return QueueClient.from_connection_string(
        store,
        name,
        message_encode_policy=TextBase64EncodePolicy(),
        message_decode_policy=TextBase64DecodePolicy(),
    )


def taken(done: QueueClient) -> set[str]:
    found: set[str] = set()
    while messages := list(done.receive_messages(max_messages=32)):
        for message in messages:
            found.add(str(message.content))
            done.delete_message(message)
    return found


def test_no_change_of_an_app_loses_a_request_or_a_message(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        path, host = create_app(server, "busy"), "busy.scm.localhost"
        create_app(server, "store")

        def settings(site: str) -> dict[str, str]:
            properties = json.loads(server.manage("POST", f"{site}/config/appsettings/list").body)["properties"]
            return {str(name): str(value) for name, value in properties.items()}

        # Both slots work on the same queues, in an account that is neither's own.
        store = settings(path.replace("/busy", "/store"))["AzureWebJobsStorage"]
        orders, done = queue(store, "orders"), queue(store, "done")
        orders.create_queue()
        done.create_queue()
        assert server.manage("PUT", f"{path}/slots/staging", "{}").status == 200
        for site in (path, f"{path}/slots/staging"):
            body = json.dumps({"properties": {**settings(site), "Orders": store}})
            assert server.manage("PUT", f"{site}/config/appsettings", body).status == 200

        def deployed(answer: str, label: str = host) -> Response:
            return server.manage("POST", "/api/zipdeploy", app(answer), host=label)

        assert deployed("One").status == 200
        assert deployed("Staging", "busy-staging.scm.localhost").status == 200
        first = server.manage("GET", "/api/deployments/latest", host=host)
        oldest = json.loads(first.body)["id"]
        changes: list[Callable[[], Response]] = [
            lambda: deployed("Two"),
            lambda: server.manage(
                "PUT", f"{path}/config/appsettings", json.dumps({"properties": {**settings(path), "NEW": "1"}})
            ),
            lambda: server.manage("POST", f"{path}/restart"),
            lambda: swapped(server, path),
            lambda: swapped(server, path),
            lambda: server.manage("PUT", f"/api/deployments/{oldest}", host=host),
        ]
        load = Load(server, orders)
        with load.running():
            eventually(lambda: load.answers["200 One nobody"] > 20, 30)
            for change in changes:
                answer = change()
                assert answer.status == 200, answer.text
        assert {answer[:3] for answer in load.answers} == {"200"}, load.answers
        assert {"200 One nobody", "200 Two nobody", "200 Staging nobody"} <= set(load.answers)
        arrived: set[str] = set()

        def complete() -> bool:
            arrived.update(taken(done))
            return len(arrived) == load.sent

        try:
            eventually(complete, 60)
        except TimeoutError as error:
            raise AssertionError(f"{len(arrived)} of {load.sent} messages have arrived") from error
        assert arrived == {f"message {number}" for number in range(load.sent)}
        orders.close()
        done.close()
