"""A topic that keeps what is published to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

KEY = "topic-key"


class Delivery(NamedTuple):
    """One request to the topic."""

    path: str
    headers: Mapping[str, str]
    events: list[dict[str, object]]


class Topic:
    """What came in; `statuses` are the answers to give first, then 200."""

    def __init__(self) -> None:
        self.url = ""
        self.deliveries: list[Delivery] = []
        self.statuses: list[int] = []

    @property
    def settings(self) -> dict[str, str | None]:
        return {"MyEventGridTopicUriSetting": self.url, "MyEventGridTopicKeySetting": KEY}


@contextmanager
def open_topic() -> Iterator[Topic]:
    """Serve a topic on a free port."""
    topic = Topic()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            topic.deliveries.append(Delivery(self.path, headers, json.loads(body)))
            self.send_response(topic.statuses.pop(0) if topic.statuses else 200)
            self.send_header("content-length", "9")
            self.end_headers()
            self.wfile.write(b"as it is.")

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    topic.url = f"http://127.0.0.1:{server.server_address[1]}/api/events"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield topic
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
