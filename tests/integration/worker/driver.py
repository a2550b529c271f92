"""A host in miniature: starts a worker under a chosen interpreter and speaks the wire over a plain socket."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from funchost_worker import wire

SOURCE = Path(wire.__file__).resolve().parent
DEADLINE = 30.0


class Frame(NamedTuple):
    kind: int
    call: int
    payload: bytes

    @property
    def json(self) -> Any:
        return wire.load(wire.split(memoryview(self.payload))[0])

    @property
    def tail(self) -> bytes:
        return bytes(wire.split(memoryview(self.payload))[1])


class Answer(NamedTuple):
    """A RESULT with the body that came with it or after it."""

    result: Any
    body: bytes

    @property
    def value(self) -> Any:
        return self.result["ret"]

    @property
    def error(self) -> Any:
        return self.result["err"]


class WorkerDriver:
    """One worker process. Use it as a context manager: the process group is gone afterwards."""

    def __init__(
        self, root: Path, python: str, environ: Mapping[str, str] | None = None, *, new_session: bool = True
    ) -> None:
        self.root = root
        self._new_session = new_session
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        lifeline, self._lifeline = os.pipe()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        environment.update(environ or {})
        self.process = subprocess.Popen(
            [python, str(SOURCE / "__main__.py"), "--wire", str(theirs.fileno()), "--lifeline", str(lifeline)],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=new_session,
            pass_fds=(theirs.fileno(), lifeline),
        )
        theirs.close()
        os.close(lifeline)
        self.socket = ours
        self._reader = wire.FrameReader(wire.TO_HOST)
        self._frames: list[Frame] = []
        self.logs: list[list[Any]] = []
        self._calls = 0
        self.load_errors: dict[str, Any] = {}
        self.output = {"stdout": bytearray(), "stderr": bytearray()}

    def __enter__(self) -> WorkerDriver:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close_ends()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._new_session:
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        self.process.wait(DEADLINE)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    def close_ends(self) -> None:
        """What the kernel does when a host dies."""
        self.socket.close()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

    def close_wire(self) -> None:
        self.socket.close()

    def close_lifeline(self) -> None:
        os.close(self._lifeline)
        self._lifeline = -1

    def next_call(self) -> int:
        self._calls += 1
        return self._calls

    def send(self, kind: int, call: int, value: object = None, tail: bytes = b"") -> None:
        self.send_raw(wire.json_frame(kind, call, wire.dump(value), len(tail)) + tail)

    def send_raw(self, data: bytes) -> None:
        """Send while taking what arrives: the worker may wait for us to read."""
        view = memoryview(data)
        while view:
            ready = select.select([self.socket], [self.socket], [], DEADLINE)
            if ready[0]:
                self._receive()
            if ready[1]:
                view = view[self.socket.send(view[: 64 * 1024]) :]

    def _receive(self) -> None:
        data = self.socket.recv(256 * 1024)
        if not data:
            raise EOFError(f"the worker is gone: {self.stop_output()}")
        for kind, call, payload in self._reader.feed(data):
            frame = Frame(kind, call, bytes(payload))
            if kind == wire.Kind.LOG:
                self.logs.extend(frame.json)
            else:
                self._frames.append(frame)

    def take(self, matches: Callable[[Frame], bool], seconds: float = DEADLINE) -> Frame:
        """Return the first frame that matches, waiting for it."""
        end = time.monotonic() + seconds
        while True:
            for frame in self._frames:
                if matches(frame):
                    self._frames.remove(frame)
                    return frame
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no such frame; waiting: {self._frames!r}")
            if self._wait_for_something(left):
                self._receive()

    def _wait_for_something(self, seconds: float) -> bool:
        """Wait for the wire, taking process output meanwhile; True if the wire has something."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        names = {self.process.stdout.fileno(): "stdout", self.process.stderr.fileno(): "stderr"}
        poll = select.poll()
        poll.register(self.socket.fileno(), select.POLLIN)
        for number in names:
            poll.register(number, select.POLLIN)
        wire_ready = False
        for number, event in poll.poll(seconds * 1000):
            if number not in names:
                wire_ready = True
            elif event & select.POLLIN:
                self.output[names[number]] += os.read(number, 256 * 1024)
        return wire_ready

    def wait_for_output(self, stream: str, text: bytes, seconds: float = DEADLINE) -> None:
        end = time.monotonic() + seconds
        while text not in self.output[stream]:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{text!r} is not in {self.output}")
            if self._wait_for_something(min(left, 0.1)):
                self._receive()

    def wait_for_log(self, text: str, seconds: float = DEADLINE) -> list[Any]:
        end = time.monotonic() + seconds
        while True:
            for record in self.logs:
                if text in record[2]:
                    return record
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{text!r} is not in {self.logs}")
            if self._wait_for_something(min(left, 0.1)):
                self._receive()

    def stop_output(self) -> Mapping[str, bytearray]:
        """What the ended process wrote."""
        self.process.wait(DEADLINE)
        for name, stream in (("stdout", self.process.stdout), ("stderr", self.process.stderr)):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
            with contextlib.suppress(BlockingIOError):
                while data := os.read(stream.fileno(), 256 * 1024):
                    self.output[name] += data
        return self.output

    # ---- the usual conversation

    def hello(self) -> Any:
        return self.take(lambda frame: frame.kind == wire.Kind.HELLO).json

    def init(self, level: str = "INFO", packages: str | None = None) -> None:
        self.send(wire.Kind.INIT, 0, {"app": str(self.root), "packages": packages, "level": level, "host": "0.0.0"})

    def index(self) -> Any:
        call = self.next_call()
        self.send(wire.Kind.INDEX, call, {})
        return self.take(lambda frame: frame.kind == wire.Kind.INDEXED and frame.call == call).json

    def load(self, functions: Sequence[Mapping[str, Any]]) -> Any:
        call = self.next_call()
        self.send(wire.Kind.LOAD, call, {"functions": list(functions)})
        return self.take(lambda frame: frame.kind == wire.Kind.LOADED and frame.call == call).json["errors"]

    def load_indexed(self) -> Any:
        """INDEX, then LOAD of all that the index holds."""
        index = self.index()
        assert index["error"] is None, index["error"]
        return self.load([{**function, "entry_point": None} for function in index["functions"]])

    def invoke(
        self,
        function: str,
        inputs: Sequence[Sequence[Any]],
        *,
        tail: bytes = b"",
        metadata: Mapping[str, Any] | None = None,
        stream: bool = False,
        invocation_id: str | None = None,
        **more: Any,
    ) -> int:
        call = self.next_call()
        message = {
            "f": function,
            "id": invocation_id or str(uuid.uuid4()),
            "in": list(inputs),
            "md": dict(metadata or {}),
            "tp": "",
            "ts": "",
            "retry": None,
            "stream": stream,
            **more,
        }
        self.send(wire.Kind.INVOKE, call, message, tail)
        return call

    def answer(self, call: int, seconds: float = DEADLINE) -> Answer:
        frame = self.take(lambda frame: frame.kind == wire.Kind.RESULT and frame.call == call, seconds)
        result = frame.json
        if result["stream"] is None:
            return Answer(result, frame.tail)
        body = bytearray()
        while True:
            part = self.take(lambda frame: frame.call == call and frame.kind in (wire.Kind.BODY, wire.Kind.BODY_END))
            if part.kind == wire.Kind.BODY_END:
                return Answer(result, bytes(body))
            body += part.payload
            self.send_raw(wire.frame(wire.Kind.CREDIT, call, wire.LENGTH.pack(len(part.payload))))

    def http(self, function: str, *, body: bytes = b"", **request: Any) -> int:
        """Send an HTTP invocation and return its call number."""
        name = request.pop("name", "req")
        return self.invoke(function, [[name, "http", http_request(**request)]], tail=body)

    def get(self, function: str, **request: Any) -> Answer:
        return self.answer(self.http(function, **request))


def http_request(
    method: str = "GET",
    url: str = "http://localhost:7071/api/f",
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    return {
        "method": method,
        "url": url,
        "headers": dict(headers or {}),
        "query": dict(query or {}),
        "params": dict(params or {}),
    }


def http_function(root: Path, name: str, script: str = "__init__.py", **more: Any) -> dict[str, Any]:
    """The LOAD entry of an HTTP function with an http `$return`."""
    return {
        "name": name,
        "directory": str(root / name),
        "script_file": str(root / name / script),
        "entry_point": more.pop("entry_point", None),
        "bindings": more.pop(
            "bindings",
            [
                {"name": "req", "type": "httpTrigger", "direction": "in"},
                {"name": "$return", "type": "http", "direction": "out"},
            ],
        ),
        **more,
    }
