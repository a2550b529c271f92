"""A process below the server is killed while users call its app: they see at most the calls that it was working on.

A replacement comes, the log says what happened, and other apps do not notice.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from funchost.testing import ServerProcess, eventually
from funchost.testing.process_tree import descendants, is_alive
from tests.integration.faults.bystander import Bystander
from tests.integration.faults.server.http_load import Call, HttpLoad
from tests.integration.faults.server.package import app_package
from tests.integration.faults.server.queue_load import QueueLoad, done_again, wait_until_done
from tests.integration.faults.server.site import FAILED, SUCCESS, WAIT, TestedSite
from tests.integration.faults.server.traces import app_log, processes_of, uploads_and_builds, versions
from tests.integration.faults.storage.ledger import Ledger

Figure = Callable[[str, object], None]
KILLS = 3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("server")) as running:
        yield running
    assert processes_of(running.data) == {}


@pytest.fixture(scope="module")
def other(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> TestedSite:
    """An app that nothing happens to."""
    ledger = Ledger(tmp_path_factory.mktemp("other") / "ledger.jsonl")
    site = TestedSite(server, "other").create(**ledger.environment)
    site.deploy(app_package("other"))
    return site


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.jsonl")


@pytest.fixture
def shop(server: ServerProcess, ledger: Ledger) -> Iterator[TestedSite]:
    site = TestedSite(server, "shop").create(**ledger.environment)
    site.deploy(app_package("one"))
    yield site
    site.delete()


class Kills:
    """Kills processes one after the other, and remembers which calls that explains."""

    def __init__(self, load: HttpLoad) -> None:
        self._load = load
        self.moments: list[tuple[float, float]] = []
        """When each began and was over, monotonic seconds."""

    def kill(self, pid: int, until: Callable[[], object]) -> None:
        """Kill a process and wait until something holds; calls that are on their way meanwhile may fail."""
        began = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not is_alive(pid), WAIT)
        eventually(until, WAIT)
        self.moments.append((began, time.monotonic()))
        self._load.goes_on()

    def unexplained(self) -> list[Call]:
        """Return the calls that failed although no process was dying while they were on their way."""
        return [
            call
            for call in self._load.wrong()
            if not any(call.sent <= ended and call.ended >= began for began, ended in self.moments)
        ]

    def figures(self, figure: Figure) -> None:
        seen = Counter(str(call.status or call.text) for call in self._load.wrong())
        figure("kills", len(self.moments))
        figure("requests", f"{len(self._load.calls)}, failed: {dict(seen)}")
        figure("longest time without an answer", f"{self._load.pause():.2f} s")


def test_a_killed_worker_costs_the_calls_that_it_had(
    server: ServerProcess, shop: TestedSite, other: TestedSite, ledger: Ledger, figure: Figure
) -> None:
    shop.scale(1, 1)
    with Bystander(other, "who"), QueueLoad(shop) as messages, HttpLoad(shop, uploads=False) as load:
        kills = Kills(load)
        for _ in range(KILLS):
            worker, host, _ = shop.who()
            kills.kill(worker, lambda worker=worker: shop.who()[0] != worker)  # type: ignore[misc]
            assert shop.who()[1] == host
    wait_until_done(messages.put, ledger)
    kills.figures(figure)
    figure("messages", f"{len(messages.put)}, done more than once: {done_again(ledger.runs(), messages.put)}")
    assert kills.unexplained() == []
    assert {call.status for call in load.wrong()} <= {500}
    assert 0 < len(load.wrong()) <= KILLS * load.clients
    assert "SIGKILL" in app_log(server, "shop")


@pytest.mark.parametrize("instances", [1, 2])
def test_a_killed_instance_costs_the_calls_that_it_had(
    server: ServerProcess, shop: TestedSite, other: TestedSite, ledger: Ledger, instances: int, figure: Figure
) -> None:
    """Calls that change nothing are made again, also those that wait: their users see nothing at all."""
    shop.scale(instances, instances)
    eventually(lambda: list(shop.instances().values()) == ["READY"] * instances, WAIT)
    with Bystander(other, "who"), QueueLoad(shop) as messages, HttpLoad(shop, uploads=False) as load:
        kills = Kills(load)
        for _ in range(KILLS):
            _, host, instance = shop.who()
            kills.kill(host, lambda gone=instance: is_replaced(shop, gone, instances))  # type: ignore[misc]
            eventually(lambda gone=instance: f"Instance {gone} ended: SIGKILL." in app_log(server, "shop"), WAIT)  # type: ignore[misc]
    wait_until_done(messages.put, ledger)
    kills.figures(figure)
    figure("messages", f"{len(messages.put)}, done more than once: {done_again(ledger.runs(), messages.put)}")
    assert kills.unexplained() == []
    assert [call for call in load.wrong() if (call.method, call.status) != ("POST", 502)] == [], kills.moments
    assert len(load.wrong()) <= KILLS * load.clients


def is_replaced(shop: TestedSite, gone: str, instances: int) -> bool:
    found = shop.instances()
    return gone not in found and list(found.values()) == ["READY"] * instances


def test_nobody_notices_that_a_process_in_reserve_is_killed(
    server: ServerProcess, shop: TestedSite, other: TestedSite
) -> None:
    with Bystander(other, "who"), Bystander(shop, "who"):
        spare = eventually(lambda: spares(server) - set(processes_of(server.data)), WAIT)
        for pid in spare:
            os.kill(pid, signal.SIGKILL)
        shop.scale(2, 2)
        eventually(lambda: list(shop.instances().values()) == ["READY"] * 2, WAIT)


def spares(server: ServerProcess) -> set[int]:
    """Return the processes that are instances, those that wait to become one included."""
    found = set()
    for pid in server.process_ids:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except FileNotFoundError:
            continue
        if b"funchost.host.instance" in command:
            found.add(pid)
    return found


def test_a_killed_build_fails_its_deployment_and_nothing_else(
    server: ServerProcess, shop: TestedSite, other: TestedSite, tmp_path: Path
) -> None:
    mark = tmp_path / "began"
    tmp_path.chmod(0o777)  # a build may have a user of its own
    before = versions(server)
    with Bystander(other, "who"), Bystander(shop, "who"):
        shop.set(SCM_DO_BUILD_DURING_DEPLOYMENT="true", PRE_BUILD_COMMAND=f"touch {mark}; sleep 600")
        shop.begin(app_package("two"))
        eventually(mark.exists, WAIT)
        builds = processes_of(server.data / "scratch")
        (first,) = [pid for pid in builds if not any(pid in descendants(other) for other in builds)]
        os.kill(first, signal.SIGKILL)
        failed = shop.ended()
        assert failed["status"] == FAILED
        assert "SIGKILL" in failed["status_text"] or "killed" in failed["status_text"], failed["status_text"]
        eventually(lambda: not any(is_alive(pid) for pid in builds), WAIT)
        eventually(lambda: not processes_of(server.data / "scratch"), WAIT)
        eventually(lambda: (versions(server), uploads_and_builds(server)) == (before, set()), WAIT)
        assert shop.version() == "one"
        shop.set(SCM_DO_BUILD_DURING_DEPLOYMENT="false", PRE_BUILD_COMMAND="")
        assert shop.deploy(app_package("two"))["status"] == SUCCESS
    assert shop.version() == "two"
