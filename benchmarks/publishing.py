"""`func azure functionapp publish` of a small app, with each build."""

from __future__ import annotations

import shutil
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.deploy_server import DeployServer, deploy_server
from benchmarks.effort import Effort
from benchmarks.outcome import Figure, NotMeasured, Section, at_most

APP = "shop"
INTERVAL = 0.01
NO_BUILD = 5.0
WARM_REMOTE = 15.0
NONE, LOCAL = "`--no-build`", "`--build local`, warm cache"
WARM, COLD = "remote build, warm cache", "remote build, empty cache"
NOTE = (
    "The app requires azure-functions and requests; one instance serves the version before and is asked every 10 ms "
    "what version it is. Times begin with the start of the command: until the new version answers, and until the "
    "command ends, which is when nothing but the listing of functions is left. `--no-build` publishes what `--build "
    "local` has installed. With an empty cache the packages come from the network, as fast as it is; the caches of "
    "uv on the server and for `--build local` are folders of this run. With a warm cache uv still asks the package "
    "index for newer releases."
)


@dataclass
class Times:
    """Of one way to publish, in s."""

    answering: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)


def measure(effort: Effort) -> list[Section]:
    """All builds in turns; the first turn, which also fills the caches, does not count."""
    times = {name: Times() for name in (NONE, LOCAL, WARM, COLD)}
    with deploy_server() as server:
        project = server.project("shop")
        server.create(APP)
        local = {"UV_CACHE_DIR": str(server.folder / "uv-cache")}
        ways: Mapping[str, Callable[[], tuple[float, float]]] = {
            COLD: lambda: _without_cache(server, project),
            WARM: lambda: _published(server, project),
            LOCAL: lambda: _published(server, project, "--build", "local", environment=local),
            NONE: lambda: _published(server, project, "--no-build"),
        }
        for turn in range(effort.rounds + 1):
            for name, publish in ways.items():
                answering, ended = publish()
                if turn > 0:
                    times[name].answering.append(answering)
                    times[name].ended.append(ended)
    none, warm = times[NONE].ended, times[WARM].ended
    bars = (
        at_most("`--no-build`, p50", statistics.median(none), NO_BUILD, "s"),
        at_most("`--no-build`, longest", max(none), NO_BUILD, "s"),
        at_most("remote build with a warm cache, p50", statistics.median(warm), WARM_REMOTE, "s"),
        at_most("remote build with a warm cache, longest", max(warm), WARM_REMOTE, "s"),
    )
    figures = tuple(Figure(name, _text(each)) for name, each in times.items())
    return [Section("Publishing a small app", bars, figures, notes=(NOTE,))]


def _without_cache(server: DeployServer, project: Path) -> tuple[float, float]:
    for part in server.process.data.joinpath("cache").iterdir():
        shutil.rmtree(part) if part.is_dir() else part.unlink()
    return _published(server, project)


def _published(
    server: DeployServer, project: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> tuple[float, float]:
    """Publish a new version; return seconds until it answers and until the command has ended."""
    mark = f"version {time.monotonic_ns()}"
    project.joinpath("mark.py").write_text(f"MARK = {mark!r}\n")
    if not arguments:
        shutil.rmtree(project / ".python_packages", ignore_errors=True)
    begin = time.perf_counter()
    with _watching(server, mark) as seen:
        ended = server.publish(APP, project, *arguments, environment=environment)
    return seen[0] - begin, ended


@contextmanager
def _watching(server: DeployServer, mark: str) -> Iterator[Sequence[float]]:
    """Ask for the version until it is this one; at the end of the block the list holds when that was."""
    seen: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not seen and not over.wait(INTERVAL):
            if server.call(APP, "/api/mark") == mark:
                seen.append(time.perf_counter())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
        thread.join(5.0)
    finally:
        over.set()
        thread.join()
    if not seen:
        raise NotMeasured("the version that was published does not answer")


def _text(times: Times) -> str:
    return (
        f"answers after {statistics.median(times.answering):.2f} s, "
        f"ended after {statistics.median(times.ended):.2f} s p50, {max(times.ended):.2f} s at most, "
        f"{len(times.ended)} tries"
    )
