"""Memory and start of a deploy server with no, one and many apps."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.deploy_server import DeployServer, deploy_server
from benchmarks.effort import Effort
from benchmarks.outcome import Figure, NotMeasured, Section
from benchmarks.processes import memory
from funchost.testing.process_tree import descendants

MANY = 200
PUBLISHED = 20
AT_ONCE = 2
STARTS = 3
SETTLED_SECONDS = 3.0
NOTE = (
    f"One app has a version, of {MANY} apps {PUBLISHED} have; all are scaled to zero. Read from /proc after a restart "
    "and one request. The host process that waits for the next instance is apart; an instance's host and worker are "
    "those of `func start`. The start is the time from starting the process to its line that it serves."
)


def measure(_: Effort) -> list[Section]:
    """A server that gets more and more apps."""
    figures: list[Figure] = []
    with deploy_server("--idle-seconds", "1", "--scale-in-seconds", "1") as server:
        package = _package(server)
        figures += _figures(server, "no app", None)
        server.create("shop")
        _deploy(server, ["shop"], package)
        figures += _figures(server, "1 app", "shop")
        others = [f"app-{number}" for number in range(1, MANY)]
        begin = time.perf_counter()
        for app in others:
            server.create(app)
        figures.append(
            Figure(f"making {len(others)} apps, one after the other", f"{time.perf_counter() - begin:.1f} s")
        )
        _deploy(server, others[: PUBLISHED - 1], package)
        figures += _figures(server, f"{MANY} apps", "shop")
    return [Section("A server's size and start", figures=tuple(figures), notes=(NOTE,))]


def _package(server: DeployServer) -> bytes:
    """A package without libraries: one function of the function.json model."""
    import io
    import zipfile

    root = server.project("plain")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        for file in sorted(root.rglob("*")):
            if file.is_file():
                package.write(file, file.relative_to(root))
    return content.getvalue()


def _deploy(server: DeployServer, apps: Sequence[str], package: bytes) -> None:
    def deploy(app: str) -> None:
        answer = server.process.manage("POST", "/api/zipdeploy", package, host=f"{app}.scm.localhost", timeout=120.0)
        if answer.status >= 300:
            raise NotMeasured(f"{app} was not deployed: {answer.status} {answer.text}")

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(deploy, apps))


def _figures(server: DeployServer, name: str, app: str | None) -> list[Figure]:
    """Restart the server a few times, then read its memory."""
    starts = []
    for _ in range(STARTS):
        server.process.stop()
        begin = time.perf_counter()
        server.process.start()
        starts.append(time.perf_counter() - begin)
    if app is not None:
        if server.call(app, "/api/text") is None:
            raise NotMeasured(f"{app} does not answer")
        server.wait_for_none(app)
    time.sleep(SETTLED_SECONDS)
    own = memory(server.process.pid)
    waiting = sum(memory(pid).proportional for pid in descendants(server.process.pid))
    return [
        Figure(f"{name}: memory of the server, resident", f"{own.resident:.0f} MiB"),
        Figure(f"{name}: what waits for the next instance, proportional share", f"{waiting:.0f} MiB"),
        Figure(f"{name}: start, shortest and longest", f"{min(starts):.2f} s, {max(starts):.2f} s"),
    ]
