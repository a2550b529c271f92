"""An app whose functions note what happens to them, for tests of queue triggers over real hosts."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from funchost.testing import HostProcess
from tests.compat.app_storage import SETTINGS, DevelopmentStorage
from tests.integration.triggers.noting_app import whole_lines

QUEUE = "orders"

CODE = """
import asyncio, json, os, pathlib, threading, time
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
here = pathlib.Path(__file__).parent
running = most = 0

def note(text, kind, count):
    with open(here / "ran.jsonl", "a") as file:
        file.write(json.dumps([text, kind, count, os.getpid()]) + "\\n")

@app.queue_trigger("msg", "orders", "AzureWebJobsStorage")
async def take(msg: func.QueueMessage):
    global running, most
    text = msg.get_body().decode()
    note(text, "begin", msg.dequeue_count)
    running += 1
    most = max(most, running)
    try:
        if text.startswith("bad"):
            raise ValueError(text)
        if text.startswith("slow"):
            while not (here / "go").exists() and not (here / text).exists():
                await asyncio.sleep(0.02)
        if text.startswith("short"):
            await asyncio.sleep(0.05)
        if text.startswith("kill") and msg.dequeue_count == 1:
            os._exit(9)
    finally:
        running -= 1
    note(text, "end", msg.dequeue_count)

@app.route("most")
def tell_most(req: func.HttpRequest) -> str:
    return str(most)
"""


class QueueApp:
    """The app in a folder, its queue, and what its function has noted."""

    def __init__(self, root: Path, queues: Mapping[str, object] | None = None, code: str = CODE) -> None:
        self.root = root
        self.storage = DevelopmentStorage(root)
        root.mkdir(exist_ok=True)
        options = {"visibilityTimeout": "00:00:00", **(queues or {})}
        (root / "host.json").write_text(json.dumps({"version": "2.0", "extensions": {"queues": options}}))
        (root / "function_app.py").write_text(code)

    def start(self, *arguments: str, env: Mapping[str, str | None] | None = None) -> HostProcess:
        return HostProcess(self.root, *arguments, env={**SETTINGS, **(env or {})})

    def put(self, *texts: str, queue: str = QUEUE) -> None:
        """Append messages, in Base64."""
        self.put_raw(*(base64.b64encode(text.encode()).decode() for text in texts), queue=queue)

    def put_raw(self, *texts: str, queue: str = QUEUE) -> None:
        """Append messages as they are."""

        async def work(account: object) -> None:
            queues = account.queues  # type: ignore[attr-defined]
            await queues.create(queue)
            await asyncio.gather(*(queues.put(queue, text) for text in texts))

        self.storage.do(work)

    def count(self, queue: str = QUEUE) -> int:
        """How many messages the queue holds, hidden ones too."""
        return self.storage.do(lambda account: account.queues.properties(queue)).approximate_count

    def release(self, *texts: str) -> None:
        """Let the messages called slow end: those with these texts, or all there are and will be."""
        for name in texts or ("go",):
            (self.root / name).touch()

    def notes(self, kind: str = "end") -> list[tuple[str, int, int]]:
        """What has begun, or ended: text, dequeue count and process of each."""
        entries = [json.loads(line) for line in whole_lines(self.root / "ran.jsonl")]
        return [(text, count, pid) for text, found, count, pid in entries if found == kind]

    def times(self, kind: str = "end") -> Counter[str]:
        """How often each message has begun, or ended."""
        return Counter(text for text, _, _ in self.notes(kind))
