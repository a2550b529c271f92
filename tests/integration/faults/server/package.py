"""Packages of a small app that notes in a ledger what it did; it needs no packages of others, and so no build."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tests.integration.faults.storage.ledger import RECORDING

QUEUE = "work"

_ANSWER = """
import asyncio, hashlib, os
from recording import recorded
from version import VERSION

def answered(req):
    body = req.get_body()
    mark = os.environ.get("MARK", "")
    return f"{VERSION}{mark} {len(body)} {hashlib.sha1(body).hexdigest()}"
"""

_ECHO = """
from answer import answered, recorded, VERSION

async def main(req):
    with recorded(req.params["id"], VERSION):
        return answered(req)
"""

_SLOW = """
import asyncio
from answer import answered, recorded, VERSION

async def main(req):
    with recorded(req.params["id"], VERSION):
        await asyncio.sleep(float(req.params.get("seconds", "1")))
        return answered(req)
"""

_WHO = """
import os

async def main(req):
    return f"{os.getpid()} {os.getppid()} {os.environ['WEBSITE_INSTANCE_ID']}"
"""

_TAKE = """
import asyncio, os
from answer import recorded, VERSION

async def main(msg):
    with recorded(msg.get_body().decode(), VERSION):
        while not os.path.exists({until!r}):
            await asyncio.sleep(0.05)
        await asyncio.sleep({seconds})
"""

_BLOB = """
import asyncio, os
from recording import recorded

async def main(blob):
    with recorded(blob.name.rpartition("/")[2]):
        while not os.path.exists({until!r}):
            await asyncio.sleep(0.05)
"""

_HTTP: list[object] = [
    {"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous", "methods": ["get", "post"]},
    {"type": "http", "direction": "out", "name": "$return"},
]
_MESSAGES: list[object] = [{"type": "queueTrigger", "direction": "in", "name": "msg", "queueName": QUEUE}]


def app_package(
    version: str,
    *,
    first: str = "",
    seconds: float = 0.01,
    until: Path = Path("/"),
    http: Mapping[str, str] | None = None,
    queue: str = "",
) -> bytes:
    """Return an app.

    GET or POST /api/echo?id=x and /api/slow?id=x&seconds=1 answer with the version, the setting MARK, and length and
    SHA-1 of the body; /api/who with the ids of worker, host and instance. Messages of the queue are noted.

    Args:
        version: a word.
        first: code that runs at import of each function.
        seconds: that a message takes.
        until: what a message waits for before.
        http: more HTTP functions, by name.
        queue: what takes messages, instead.
    """
    host = {
        "version": "2.0",
        "logging": {"logLevel": {"default": "Warning"}},
        "extensions": {"queues": {"leaseDuration": "00:00:05", "maxPollingInterval": "00:00:00.500"}},
    }
    files = {
        "host.json": json.dumps(host),
        "recording.py": RECORDING,
        "version.py": f"VERSION = {version!r}\n{first}\n",
        "answer.py": _ANSWER,
    }
    functions = {"echo": _ECHO, "slow": _SLOW, "who": _WHO, **(http or {})}
    for name, code in functions.items():
        files |= _function(name, code, _HTTP)
    files |= _function("take", queue or _TAKE.format(seconds=seconds, until=str(until)), _MESSAGES)
    return zipped(files)


def blob_package(*, until: Path) -> bytes:
    """Return an app with one function, which notes the name of each blob in the container `incoming`.

    Args:
        until: what a blob waits for.
    """
    trigger = {"type": "blobTrigger", "direction": "in", "name": "blob", "path": "incoming/{name}"}
    files = {"host.json": '{"version": "2.0"}', "recording.py": RECORDING}
    return zipped({**files, **_function("keep", _BLOB.format(until=str(until)), [trigger])})


def _function(name: str, code: str, bindings: list[object]) -> Mapping[str, str]:
    return {f"{name}/function.json": json.dumps({"bindings": bindings}), f"{name}/__init__.py": code}


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """Return a zip of files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()
