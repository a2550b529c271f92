"""A worker without Azure: speaks the wire and does what a function's name says. Run by path, like the real one.

Environment: SCRIPTED_START is one of the behaviours in `start` below.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any, NoReturn

WIRE = Path(__file__).parents[3] / "src" / "funchost_worker" / "wire.py"


def load_wire() -> Any:
    spec = importlib.util.spec_from_file_location("wire", WIRE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


wire = load_wire()
Kind = wire.Kind


class ScriptedWorker:
    def __init__(self, fd: int) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=fd)
        self.reader = wire.FrameReader(wire.TO_WORKER)
        self.bodies: dict[int, tuple[dict[str, Any], list[bytes]]] = {}
        self.credit: dict[int, int] = {}
        self.frames: list[tuple[int, int, memoryview]] = []
        self.loaded: list[str] = []
        self.held: list[int] = []

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_json(self, kind: int, call: int, value: object, tail: bytes = b"") -> None:
        self.send(wire.json_frame(kind, call, wire.dump(value), len(tail)) + tail)

    def next_frame(self) -> tuple[int, int, memoryview]:
        while not self.frames:
            data = self.socket.recv(1 << 18)
            if not data:
                os._exit(0)
            self.frames = self.reader.feed(data)
        return self.frames.pop(0)

    def run(self) -> NoReturn:
        while True:
            self.handle(*self.next_frame())

    def handle(self, kind: int, call: int, payload: memoryview) -> None:
        if kind == Kind.INDEX:
            self.index(call)
        elif kind == Kind.LOAD:
            self.load(call, wire.load(wire.split(payload)[0]))
        elif kind == Kind.INVOKE:
            text, tail = wire.split(payload)
            message = wire.load(text)
            if message["stream"]:
                self.bodies[call] = (message, [])
            else:
                self.invoke(call, message, bytes(tail))
        elif kind in (Kind.BODY, Kind.BODY_END):
            self.take_body(kind, call, bytes(payload))
        elif kind == Kind.CREDIT and call in self.credit:
            self.credit[call] += wire.LENGTH.unpack(payload)[0]
        elif kind == Kind.CANCEL and call in self.held:
            self.held.remove(call)
            self.answer(call, cancelled=True)
        elif kind == Kind.STOP:
            print("stopping", flush=True)
            os._exit(0)

    def index(self, call: int) -> None:
        if os.environ.get("SCRIPTED_START") == "exit-at-index":
            print("ImportError: no module named nothing", file=sys.stderr, flush=True)
            os._exit(3)
        functions = [
            {
                "name": "echo",
                "directory": os.getcwd(),
                "script_file": os.path.join(os.getcwd(), "function_app.py"),
                "bindings": [{"type": "httpTrigger", "name": "req", "direction": "IN"}],
                "retry": None,
                "error": None,
            }
        ]
        answer = {"model": "decorators", "functions": functions, "error": None, "library": "1.26.0"}
        self.send_json(Kind.INDEXED, call, answer)

    def load(self, call: int, message: dict[str, Any]) -> None:
        self.loaded = [function["name"] for function in message["functions"]]
        errors = {
            name: ["ImportError", "no module named nothing", "stack", "/app/x.py", 3]
            for name in self.loaded
            if name == "broken" or (name == "once" and os.path.exists("started"))
        }
        if "once" in self.loaded:
            Path("started").touch()
        self.send_json(Kind.LOADED, call, {"errors": errors})

    def take_body(self, kind: int, call: int, payload: bytes) -> None:
        message, chunks = self.bodies[call]
        if kind == Kind.BODY:
            chunks.append(payload if message["f"] != "count" else b"x" * 0)
            message["size"] = message.get("size", 0) + len(payload)
            if message["f"] != "stuck-reader":
                self.send(wire.frame(Kind.CREDIT, call, wire.LENGTH.pack(len(payload))))
            return
        del self.bodies[call]
        if payload:
            self.answer(call, cancelled=True)
        elif message["f"] == "count":
            self.answer(call, ret=["int", message["size"]])
        else:
            self.invoke(call, message, b"".join(chunks))

    def answer(self, call: int, tail: bytes = b"", **fields: object) -> None:
        message = {"ret": ["none", None], "out": [], "err": None, "cancelled": False, "stream": None, **fields}
        self.send_json(Kind.RESULT, call, message, tail)

    def stream(self, call: int, size: int) -> None:
        """Send a streamed response, handling other frames while the window is closed."""
        head = {"status": 200, "headers": [["content-type", "application/octet-stream"]], "cookies": []}
        self.answer(call, ret=["http", head], stream=size)
        self.credit[call] = wire.WINDOW
        while size:
            while self.credit[call] <= 0:
                self.handle(*self.next_frame())
            piece = min(size, wire.CHUNK, self.credit[call])
            self.send(wire.frame(Kind.BODY, call, b"y" * piece))
            self.credit[call] -= piece
            size -= piece
        del self.credit[call]
        self.send(wire.frame(Kind.BODY_END, call))

    def invoke(self, call: int, message: dict[str, Any], tail: bytes) -> None:
        name = message["f"]
        verb, _, argument = name.partition(":")
        if verb == "echo":
            self.answer(call, ret=["json", json.dumps({**message, "pid": os.getpid(), "tail": len(tail)})])
        elif verb == "body":
            head = {"status": 201, "headers": [["x-a", "1"], ["x-a", "2"]], "cookies": ["a=b"]}
            self.answer(call, tail, ret=["http", head])
        elif verb == "stream":
            self.stream(call, int(argument))
        elif verb == "hold":
            self.held.append(call)
        elif verb == "raw":
            self.answer(call, **json.loads(argument))
        else:
            self.misbehave(verb, argument, call)

    def misbehave(self, verb: str, argument: str, call: int) -> None:
        getattr(self, "do_" + verb.replace("-", "_"))(call, argument)

    def do_exit(self, call: int, argument: str) -> None:
        print("last words", file=sys.stderr, flush=True)
        os._exit(int(argument))

    def do_kill(self, call: int, argument: str) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def do_answer_and_exit(self, call: int, argument: str) -> None:
        self.send_json(Kind.LOG, 0, [[20, "root", "about to go", None, None, time.time()]])
        self.answer(call, ret=["string", "done"])
        sys.stdout.write("no newline")
        sys.stdout.flush()
        os._exit(0)

    def do_garbage(self, call: int, argument: str) -> None:
        self.send(b"\xff" * 64)

    def do_log(self, call: int, argument: str) -> None:
        records = [[30, "shop", "line 0", "log", "id-1", 1.5], [10, "root", "line \ud800", None, None, 2]]
        self.send_json(Kind.LOG, 0, records)
        self.answer(call)

    def do_print(self, call: int, argument: str) -> None:
        for _ in range(int(argument)):
            sys.stdout.write(("p" * 999 + "\n") * 1000)
        sys.stdout.flush()
        self.answer(call)

    def do_block(self, call: int, argument: str) -> None:
        time.sleep(float(argument))
        self.answer(call)

    def do_block_until(self, call: int, argument: str) -> None:
        """Block until there is a file of this name in the working directory."""
        while not os.path.exists(argument):
            time.sleep(0.01)
        self.answer(call)

    def do_close_wire(self, call: int, argument: str) -> None:
        self.socket.close()
        Path("closed").touch()
        time.sleep(float(argument))
        os._exit(0)

    def do_flood(self, call: int, argument: str) -> None:
        """Send more than the window without waiting for credit."""
        head: dict[str, object] = {"status": 200, "headers": [], "cookies": []}
        self.answer(call, ret=["http", head], stream=4 * wire.WINDOW)
        for _ in range(4 * wire.WINDOW // wire.CHUNK):
            self.send(wire.frame(Kind.BODY, call, b"y" * wire.CHUNK))

    def do_fork(self, call: int, argument: str) -> None:
        """Leave a child in another process group that keeps the socket and the pipes open, then die."""
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
        os.setpgid(child, child)  # here, not by the child, which may not run before our end
        os.setpgid(child, child)  # the child may not have come to it, and this group is about to be killed
        Path("child.pid").write_text(str(child), encoding="ascii")
        os.kill(os.getpid(), signal.SIGKILL)


def watch_lifeline(fd: int) -> None:
    os.read(fd, 1)
    os.killpg(0, signal.SIGKILL)


def start(behaviour: str, worker: ScriptedWorker) -> None:
    if behaviour == "exit":
        print("cannot import anything", file=sys.stderr, flush=True)
        os._exit(3)
    if behaviour == "exit-after-first" and os.path.exists("first"):
        print("second start fails", file=sys.stderr, flush=True)
        os._exit(4)
    Path("first").touch()
    if behaviour == "mute":
        time.sleep(60)
    if behaviour == "garbage":
        worker.send(b"GET / HTTP/1.1\r\n\r\n")
        time.sleep(60)
    hello = {"wire": 99 if behaviour == "version" else wire.VERSION, "python": "3.11.7", "implementation": "cpython"}
    worker.send_json(Kind.HELLO, 0, {**hello, "pid": os.getpid()})


if __name__ == "__main__":
    options = dict(zip(sys.argv[1::2], sys.argv[2::2], strict=True))
    threading.Thread(target=watch_lifeline, args=(int(options["--lifeline"]),), daemon=True).start()
    scripted = ScriptedWorker(int(options["--wire"]))
    start(os.environ.get("SCRIPTED_START", ""), scripted)
    scripted.run()
