"""Functions with blob bindings on real workers, without a store: a test gives them streams and takes what they send."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import TracebackType

from funchost.app.function_app import Binding, Direction, Function, Model
from funchost.app.invocation import Body, Datum, HttpRequestData, Invocation, InvocationResult
from funchost.workers.interpreter import Interpreter
from funchost.workers.launch import WorkerLaunch
from funchost.workers.pool import WorkerPool
from tests.integration.workers.pools import Recorder, until

MIB = 1024 * 1024

SOURCES = {
    "pieces": """
        def main(req, obj: func.InputStream, out: func.Out[str]):
            out.set(described(obj))
    """,
    "pieces_async": """
        async def main(req, obj: func.InputStream, out: func.Out[str]):
            out.set(described(obj))
    """,
    "pieces_in_thread": """
        import asyncio
        async def main(req, obj: func.InputStream, out: func.Out[str]):
            out.set(await asyncio.get_event_loop().run_in_executor(None, described, obj))
    """,
    "some": """
        def main(req, obj: func.InputStream, out: func.Out[str]):
            out.set(obj.read(10))
    """,
    "text": """
        def main(req, obj: str, out: func.Out[str]):
            out.set(type(obj).__name__ + str(len(obj)))
    """,
    "whole": """
        async def main(req, obj: bytes, out: func.Out[str]):
            out.set(type(obj).__name__ + str(len(obj)))
    """,
    "copy": """
        def main(req, obj: func.InputStream, out: func.Out[bytes]):
            out.set(obj)
    """,
    "copy_async": """
        async def main(req, obj: func.InputStream, out: func.Out[bytes]):
            out.set(obj)
    """,
    "keep": """
        import builtins
        def main(req, obj: func.InputStream, out: func.Out[str]):
            builtins.kept = obj
    """,
    "kept": """
        import builtins
        def main(req, obj: func.InputStream, out: func.Out[str]):
            out.set(builtins.kept.read(1))
    """,
    "dies": """
        import os, signal
        class Dies:
            left = 20
            def read(self, size):
                self.left -= 1
                if not self.left:
                    os.kill(os.getpid(), signal.SIGKILL)
                return b"x" * size
        def main(req, obj: func.InputStream, out: func.Out[bytes]):
            out.set(Dies())
    """,
}

_HEAD = """
import azure.functions as func
import hashlib


def described(obj):
    found, size = hashlib.md5(), 0
    assert isinstance(obj, func.InputStream)
    while True:
        chunk = obj.read(70000)
        if not chunk:
            return "{} {} {}".format(obj.length, size, found.hexdigest())
        found.update(chunk)
        size += len(chunk)

"""


class Content:
    """A Body of a known content.

    Args:
        breaks_after: bytes after which it fails.
        stops_after: bytes after which nothing more comes.
    """

    def __init__(self, data: bytes, *, breaks_after: int | None = None, stops_after: int | None = None) -> None:
        self.size: int | None = len(data)
        self.sent = 0
        self._data = data
        self._breaks_after = breaks_after
        self._stops_after = stops_after

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.sent < len(self._data):
            if self._breaks_after is not None and self.sent >= self._breaks_after:
                raise ConnectionResetError("the store is gone")
            if self._stops_after is not None and self.sent >= self._stops_after:
                await asyncio.sleep(3600)
            chunk = self._data[self.sent : self.sent + 100_000]
            self.sent += len(chunk)
            yield chunk


class BlobFunctions:
    """A worker that has loaded SOURCES; a context manager."""

    def __init__(self, root: Path, python: Path) -> None:
        self.recorder = Recorder()
        self._functions = {name: _write(root, name, source) for name, source in SOURCES.items()}
        interpreter = Interpreter(str(python), (3, 11, 0), "the tests' own", True)
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        launch = WorkerLaunch(interpreter, (), root, environment, None, "INFO", 60.0)
        self.pool = WorkerPool(launch, 1, self.recorder)
        self._calls = 0

    async def __aenter__(self) -> BlobFunctions:
        await self.pool.index()
        assert await self.pool.load(list(self._functions.values())) == {}
        await until(lambda: len(self.recorder.pids) == 1)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.pool.stop(5.0)

    def invocation(self, name: str, content: bytes | Body) -> Invocation:
        self._calls += 1
        request = HttpRequestData("GET", "http://h/", {}, {}, {}, b"")
        inputs = (("req", Datum("http", request)), ("obj", Datum("bytes", content)))
        return Invocation(f"id-{self._calls}", self._functions[name], inputs)

    async def call(self, name: str, content: bytes | Body) -> InvocationResult:
        return await asyncio.wait_for(self.pool.submit(self.invocation(name, content)), 60.0)

    async def output(self, name: str, content: bytes | Body) -> object:
        """Call a function that succeeds; returns what it gave, a stream as its bytes."""
        result = await self.call(name, content)
        assert result.exception is None, result.exception
        value = result.outputs["out"].value
        return value if isinstance(value, (bytes, str)) else await received(value)  # type: ignore[arg-type]


async def received(body: Body, pause: Callable[[], object] = bool) -> bytes:
    chunks = []
    async for chunk in body:
        pause()
        chunks.append(chunk)
    return b"".join(chunks)


def _write(root: Path, name: str, source: str) -> Function:
    folder = root / name
    folder.mkdir(parents=True)
    script = folder / "__init__.py"
    lines = [line[8:] for line in source.splitlines()]
    script.write_text(_HEAD + "\n".join(lines) + "\n")
    entries: list[dict[str, object]] = [
        {"name": "req", "type": "httpTrigger", "direction": "in"},
        {"name": "obj", "type": "blob", "direction": "in"},
        {"name": "out", "type": "blob", "direction": "out"},
    ]
    bindings = tuple(
        Binding(str(entry["name"]), str(entry["type"]), Direction(entry["direction"]), raw=entry) for entry in entries
    )
    return Function(name, folder, script, None, bindings, Model.FUNCTION_JSON, folder / "function.json")
