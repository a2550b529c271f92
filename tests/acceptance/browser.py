"""A real browser without a window, and pages for it from an origin of their own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.tools import missing

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
TIMEOUT = 60.0
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--virtual-time-budget=20000",
    "--dump-dom",
)


def find_browser() -> str:
    """Return the path of Chromium; where there is none the test is skipped, or fails in CI."""
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    missing(f"no browser: none of {', '.join(NAMES)} is on PATH")


def visit(browser: str, url: str, profile: Path) -> str:
    """Open a page, let its scripts come to their end, and return the document as it is then.

    Args:
        browser: path of Chromium.
        url: of the page.
        profile: folder that does not exist yet.
    """
    done = subprocess.run(
        [browser, *OPTIONS, f"--user-data-dir={profile}", url],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def serving(page: str) -> Iterator[int]:
    """Serve one HTML page under every path of a free port, on the loopback address; gives the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = page.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
