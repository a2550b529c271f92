"""Drives azure-functions-worker 1.1.9 as its host does, and counts invocations. Runs under Python 3.8.

    python driver.py <app folder> <function folder> <seconds> <calls in flight>

prints {"per_second": ...}. A call in flight is replaced as soon as its response is here. Requests are built once: what
is measured is the worker, not this driver.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from azure_functions_worker import protos

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 30


class Driver(protos.FunctionRpcServicer):  # type: ignore[misc]  # the library has no types
    """The host's side of one event stream."""

    def __init__(self, app: str, function: str, in_flight: int) -> None:
        self._app = app
        self._function = function
        self._in_flight = in_flight
        self._outgoing: queue.Queue[Any] = queue.Queue()
        self._invocation = self._make_invocation()
        self.loaded = threading.Event()
        self.failure: str | None = None
        self.answered = 0

    def EventStream(self, incoming: Iterator[Any], context: object) -> Iterator[Any]:
        """Yields what goes to the worker; a thread reads what comes back."""
        threading.Thread(target=self._read, args=(incoming,), daemon=True).start()
        while True:
            message = self._outgoing.get()
            if message is None:
                return
            yield message

    def fill(self) -> None:
        """Puts the calls in flight."""
        for _ in range(self._in_flight):
            self._outgoing.put(self._invocation)

    def close(self) -> None:
        """Ends the stream."""
        self._outgoing.put(None)

    def _read(self, incoming: Iterator[Any]) -> None:
        try:
            for message in incoming:
                self._receive(message)
        except grpc.RpcError:
            pass  # the worker was stopped

    def _receive(self, message: Any) -> None:
        kind = message.WhichOneof("content")
        if kind == "invocation_response":
            if message.invocation_response.result.status != protos.StatusResult.Success:
                self.failure = message.invocation_response.result.exception.message
            self.answered += 1
            self._outgoing.put(self._invocation)
        elif kind == "start_stream":
            self._outgoing.put(
                protos.StreamingMessage(worker_init_request=protos.WorkerInitRequest(host_version="2.0.0"))
            )
        elif kind == "worker_init_response":
            self._outgoing.put(self._make_load())
        elif kind == "function_load_response":
            if message.function_load_response.result.status != protos.StatusResult.Success:
                self.failure = message.function_load_response.result.exception.message
            self.loaded.set()

    def _make_load(self) -> Any:
        directory = os.path.join(self._app, self._function)
        trigger = protos.BindingInfo(type="httpTrigger", direction=getattr(protos.BindingInfo, "in"))
        result = protos.BindingInfo(type="http", direction=protos.BindingInfo.out)
        metadata = protos.RpcFunctionMetadata(
            name=self._function,
            directory=directory,
            script_file=os.path.join(directory, "__init__.py"),
            bindings={"req": trigger, "$return": result},
        )
        return protos.StreamingMessage(
            function_load_request=protos.FunctionLoadRequest(function_id="1", metadata=metadata)
        )

    @staticmethod
    def _make_invocation() -> Any:
        http = protos.RpcHttp(method="GET", url="http://127.0.0.1:7071/api/text", headers={"host": "127.0.0.1:7071"})
        return protos.StreamingMessage(
            invocation_request=protos.InvocationRequest(
                invocation_id="11111111-2222-3333-4444-555555555555",
                function_id="1",
                input_data=[protos.ParameterBinding(name="req", data=protos.TypedData(http=http))],
            )
        )


def start_worker(port: int, app: str) -> subprocess.Popen[bytes]:
    """The worker as its host starts it; what it prints is dropped."""
    command = [sys.executable, "-m", "azure_functions_worker", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workerId", "worker", "--requestId", "request", "--grpcMaxMessageLength", "134217728"]
    return subprocess.Popen(command, cwd=app, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def measure(driver: Driver, seconds: float) -> float:
    """Answers per second, after one second of warm-up."""
    if not driver.loaded.wait(START_SECONDS):
        raise SystemExit("the worker did not load the function in time")
    driver.fill()
    time.sleep(1.0)
    answered, begin = driver.answered, time.perf_counter()
    time.sleep(seconds)
    rate = (driver.answered - answered) / (time.perf_counter() - begin)
    if driver.failure:
        raise SystemExit("the worker reported: " + driver.failure)
    return rate


def main(app: str, function: str, seconds: float, in_flight: int) -> None:
    """Starts both ends, measures, prints."""
    driver = Driver(str(Path(app).resolve()), function, in_flight)
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    protos.add_FunctionRpcServicer_to_server(driver, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    worker = start_worker(port, app)
    try:
        rate = measure(driver, seconds)
    finally:
        worker.kill()
        worker.wait()
        driver.close()
        server.stop(0)
    print(json.dumps({"per_second": rate}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
