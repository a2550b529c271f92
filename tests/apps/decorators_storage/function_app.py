import hashlib
import io
import json
import os
import signal
import tempfile

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


class Unsized:
    """Has a `read` that takes no size."""

    def read(self):
        return b"all at once"


class Breaks:
    """Breaks off in the middle of a long content."""

    def __init__(self):
        self.left = 3 * 1024 * 1024

    def read(self, size):
        self.left -= size
        if self.left < 0:
            raise RuntimeError("the source is gone")
        return b"x" * size


class Dies:
    """Ends its process in the middle of a long content."""

    def __init__(self):
        self.left = 3 * 1024 * 1024

    def read(self, size):
        self.left -= size
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return b"x" * size


class Long:
    """Any number of MiB without holding them."""

    def __init__(self, mib):
        self.left = mib * 1024 * 1024

    def read(self, size):
        size = min(size, self.left)
        self.left -= size
        return b"y" * size


def text_file():
    file = tempfile.TemporaryFile("w+", encoding="utf-8")
    file.write("ä" * 100_000)
    file.seek(0)
    return file


BLOBS = {
    "str": lambda: "text: äöü",
    "bytes": lambda: b"\x00\xff",
    "bytearray": lambda: bytearray(b"array"),
    "empty": lambda: "",
    "file": lambda: io.BytesIO(b"from a file"),
    "text-file": text_file,
    "unsized": Unsized,
    "long-str": lambda: "é" * (1024 * 1024),
    "long-bytes": lambda: b"b" * (80 * 1024 * 1024),
    "breaks": Breaks,
    "dies": Dies,
    "none": lambda: None,
    "dict": lambda: {"json": 1},
}

QUEUES = {
    "str": lambda: "text: äöü",
    "bytes": lambda: b"bytes",
    "dict": lambda: {"a": 1},
    "list": lambda: ["one", "two", {"three": 3}, b"four", None, func.QueueMessage(body="[5]")],
    "array": lambda: '["one", {"two": 2}, null, 3]',
    "object": lambda: '{"a": [1, 2]}',
    "message": lambda: func.QueueMessage(id="ignored", body='["not", "split"]'),
    "int": lambda: 5,
    "float": lambda: 2.5,
    "bool": lambda: True,
    "none": lambda: None,
    "nothing": lambda: [],
    "fits": lambda: "x" * 49152,
    "too-long": lambda: "x" * 49153,
    "wrong": lambda: [object()],
}


@app.route("write-blob/{kind}")
@app.blob_output("out", path="written/{kind}", connection="AzureWebJobsStorage")
def write_blob(req: func.HttpRequest, out: func.Out[str]) -> str:
    out.set(BLOBS[req.route_params["kind"]]())
    return "done"


@app.route("write-blob-async/{kind}")
@app.blob_output("out", path="written/{kind}", connection="AzureWebJobsStorage")
async def write_blob_async(req: func.HttpRequest, out: func.Out[str]) -> str:
    out.set(BLOBS[req.route_params["kind"]]())
    return "done"


@app.route("write-queue/{kind}")
@app.queue_output("out", queue_name="messages-{kind}", connection="AzureWebJobsStorage")
def write_queue(req: func.HttpRequest, out: func.Out[str]) -> str:
    out.set(QUEUES[req.route_params["kind"]]())
    return "done"


@app.route("read/{*name}")
@app.blob_input("blob", path="{name}", connection="AzureWebJobsStorage")
def read(req: func.HttpRequest, blob: func.InputStream) -> str:
    if blob is None:
        return json.dumps(None)
    first = blob.read(10)
    return json.dumps({"length": blob.length, "first": first.decode("latin-1"), **digest(blob, first)})


@app.route("read-async/{*name}")
@app.blob_input("blob", path="{name}", connection="AzureWebJobsStorage")
async def read_async(req: func.HttpRequest, blob: func.InputStream) -> str:
    return json.dumps(digest(blob, b""))


@app.route("lines/{*name}")
@app.blob_input("blob", path="{name}", connection="AzureWebJobsStorage")
def lines(req: func.HttpRequest, blob: func.InputStream) -> str:
    return json.dumps({"lines": sum(1 for _ in blob)})


@app.route("whole/{*name}")
@app.blob_input("blob", path="{name}", connection="AzureWebJobsStorage")
def whole(req: func.HttpRequest, blob: bytes) -> str:
    return json.dumps({"type": type(blob).__name__, "size": len(blob)})


@app.route("text/{*name}")
@app.blob_input("blob", path="{name}", connection="AzureWebJobsStorage")
async def text(req: func.HttpRequest, blob: str) -> str:
    return json.dumps({"type": type(blob).__name__, "text": blob[:100]})


@app.route("copy/{*name}")
@app.blob_input("blob", path="{name}", connection="AzureWebJobsStorage")
@app.blob_output("out", path="copies/{name}", connection="AzureWebJobsStorage")
async def copy(req: func.HttpRequest, blob: func.InputStream, out: func.Out[bytes]) -> str:
    out.set(blob)
    return "copied"


@app.route("make/{mib}")
@app.blob_output("out", path="made/{mib}", connection="AzureWebJobsStorage")
def make(req: func.HttpRequest, out: func.Out[bytes]) -> str:
    out.set(Long(int(req.route_params["mib"])))
    return "made"


@app.route("two/{container}")
@app.blob_output("first", path="{container}/first", connection="AzureWebJobsStorage")
@app.blob_output("second", path="written/second", connection="AzureWebJobsStorage")
def two(req: func.HttpRequest, first: func.Out[bytes], second: func.Out[bytes]) -> str:
    first.set(Long(3))
    second.set(Long(4))
    return "two"


def digest(blob, first):
    found, size = hashlib.md5(first), len(first)
    while chunk := blob.read(100_000):
        found.update(chunk)
        size += len(chunk)
    return {"size": size, "md5": found.hexdigest()}
