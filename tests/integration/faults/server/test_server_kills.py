"""The server is killed with SIGKILL at every phase of a deployment, while users call the app and messages come.

After its start the last good version serves, the deployment that was cut off has failed and says when, nothing half
done is left, and the next deployment goes through.
"""

from __future__ import annotations

import json
import random
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from funchost.platform.apps.retention import KEPT_VERSIONS
from funchost.testing import ServerProcess, eventually
from funchost.testing.process_tree import is_alive
from tests.integration.faults.server.http_load import Connection, HttpLoad
from tests.integration.faults.server.package import app_package
from tests.integration.faults.server.queue_load import QueueLoad, done_again, wait_until_done
from tests.integration.faults.server.site import FAILED, SUCCESS, WAIT, TestedSite
from tests.integration.faults.server.traces import (
    instance_folders,
    processes_of,
    uploads_and_builds,
    versions,
)
from tests.integration.faults.storage.ledger import Ledger
from tests.ports import free_ports

Figure = Callable[[str, object], None]
Phase = Callable[["Scene"], None]


class Scene(NamedTuple):
    """A server with an app that has been used for a while.

    Args:
        server: the server.
        shop: the app; its version is ``one``.
        folder: for files that the app's code waits for.
        clients: threads.
    """

    server: ServerProcess
    shop: TestedSite
    folder: Path
    clients: ThreadPoolExecutor

    def wait_for(self, name: str) -> str:
        """Return code that makes a file and waits until there is another."""
        began, goes_on = self.folder / f"{name}-began", self.folder / f"{name}-goes-on"
        return (
            f"import pathlib, time\npathlib.Path({str(began)!r}).touch()\n"
            f"while not pathlib.Path({str(goes_on)!r}).exists(): time.sleep(0.01)"
        )

    def began(self, name: str) -> None:
        eventually((self.folder / f"{name}-began").exists, WAIT)

    def let_go_on(self, name: str) -> None:
        (self.folder / f"{name}-goes-on").touch()


@pytest.fixture
def scene(tmp_path: Path, clients: ThreadPoolExecutor) -> Iterator[Scene]:
    main, *storage = free_ports(4)  # the server has to find them again after a kill
    arguments = ("--port", str(main), "--storage-ports", ",".join(map(str, storage)))
    with ServerProcess(tmp_path / "server", *arguments) as server:
        ledger = Ledger(tmp_path / "ledger.jsonl")
        shop = TestedSite(server, "shop").create(**ledger.environment)
        shop.deploy(app_package("one"))
        yield Scene(server, shop, tmp_path, clients)
    assert processes_of(server.data) == {}


def uploading(scene: Scene) -> None:
    """Half of a package has come."""
    upload = socket.create_connection(("127.0.0.1", scene.server.port))
    head = (
        "POST /api/zipdeploy?isAsync=true HTTP/1.1\r\nHost: shop.scm.localhost\r\nContent-Length: 100000\r\n"
        f"Authorization: Bearer {scene.server.token}\r\n\r\n"
    )
    upload.sendall(head.encode() + b"x" * 50000)
    eventually(lambda: uploads_and_builds(scene.server), WAIT)
    upload.detach()


def received(scene: Scene) -> None:
    scene.shop.begin(app_package("two"))


def building(scene: Scene) -> None:
    command = f"touch {scene.folder}/build-began; sleep 600"
    scene.shop.set(SCM_DO_BUILD_DURING_DEPLOYMENT="true", PRE_BUILD_COMMAND=command)
    scene.folder.chmod(0o777)  # a build may have a user of its own
    scene.shop.begin(app_package("two"))
    scene.began("build")


def loading(scene: Scene) -> None:
    scene.shop.begin(app_package("two", first=scene.wait_for("load")))
    scene.began("load")


def switching(scene: Scene) -> None:
    loading(scene)
    scene.let_go_on("load")
    eventually(lambda: "Functions loaded" in (scene.shop.scm("GET", "deployments/latest/log").text), WAIT)


def draining(scene: Scene) -> None:
    """The new version serves, and a call of the old one runs."""
    call = scene.clients.submit(lambda: Connection(scene.shop).call("POST", "slow?id=long&seconds=600", "long", [b""]))
    ledger = Ledger(scene.folder / "ledger.jsonl")
    eventually(lambda: any(run.text == "long" for run in ledger.runs()), WAIT)
    scene.shop.deploy(app_package("two"))
    assert not call.done()


def done(scene: Scene) -> None:
    scene.shop.deploy(app_package("two"))


def kill_and_start(scene: Scene) -> tuple[float, float]:
    """Kill the server alone and start it again; returns when that began and ended, monotonic."""
    server = scene.server
    below = server.process_ids
    began = time.monotonic()
    server.kill_alone()
    eventually(lambda: not any(is_alive(pid) for pid in below), WAIT)
    eventually(lambda: not processes_of(server.data), WAIT)
    server.start()
    return began, time.monotonic()


def deployments(site: TestedSite) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(site.scm("GET", "deployments").text)
    return found


def is_settled(scene: Scene) -> bool:
    """Whether what is on the disk is what is in use."""
    kept = {d["id"] for d in deployments(scene.shop) if d["status"] == SUCCESS}
    assert versions(scene.server) <= kept
    assert len(versions(scene.server)) == min(len(kept), KEPT_VERSIONS)
    assert uploads_and_builds(scene.server) == set()
    assert len(instance_folders(scene.server)) == len(scene.shop.instances())
    return True


@pytest.mark.parametrize(
    ("phase", "says"),
    [
        (uploading, None),
        (received, "Interrupted"),
        (building, "Interrupted while building"),
        (loading, "Interrupted while the new version was being loaded"),
        (switching, None),
        (draining, None),
        (done, None),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_last_good_version_serves_after_a_kill(
    scene: Scene, phase: Phase, says: str | None, figure: Figure
) -> None:
    shop, server = scene.shop, scene.server
    ledger = Ledger(scene.folder / "ledger.jsonl")
    with QueueLoad(shop) as messages, HttpLoad(shop, uploads=False) as load:
        phase(scene)
        killed, serving = kill_and_start(scene)
        load.goes_on()
        latest = shop.ended()
        expected = "two" if latest["status"] == SUCCESS and latest["id"] in versions(server) else "one"
        expected = expected if len(deployments(shop)) > 1 else "one"
        if says is not None:
            assert (latest["status"], expected) == (FAILED, "one")
            assert says in latest["status_text"]
            assert "goes on serving" in latest["status_text"]
        elif phase in (draining, done):
            assert expected == "two"
        assert shop.version() == expected
        eventually(lambda: is_settled(scene), WAIT)
        shop.set(SCM_DO_BUILD_DURING_DEPLOYMENT="false", PRE_BUILD_COMMAND="")
        assert shop.deploy(app_package("three"))["status"] == SUCCESS
        assert shop.version() == "three"
    wait_until_done(messages.put, ledger)
    failed = load.wrong()
    assert [call for call in failed if call.ended < killed or call.sent > serving] == []
    assert {call.status for call in failed} <= {None}
    cut = [call for call in failed if not call.refused]
    assert len(cut) <= 2 * load.clients  # in flight, or begun on a connection whose end was on its way
    figure("serves again after", f"{serving - killed:.1f} s")
    figure(
        "requests",
        f"{len(load.calls)}, of which cut off: {len(cut)}, refused while it was down: {len(failed) - len(cut)}",
    )
    figure("messages", f"{len(messages.put)}, done more than once: {done_again(ledger.runs(), messages.put)}")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_thirty_kills_at_any_moment_of_a_deployment(scene: Scene, figure: Figure) -> None:
    """After each, what is remembered, what is on the disk and what answers are one and the same version."""
    shop = scene.shop
    ledger = Ledger(scene.folder / "ledger.jsonl")
    moments = random.Random(1)  # noqa: S311 - a test's choices
    serving, went_through, longest = "one", 0, 0.0
    with QueueLoad(shop) as messages, HttpLoad(shop, uploads=False) as load:
        for number in range(30):
            version = f"new{number}"
            deploying = scene.clients.submit(shop.begin, app_package(version))
            time.sleep(moments.uniform(0.0, 2.5))  # the moment is what this is about
            killed, up = kill_and_start(scene)
            longest = max(longest, up - killed)
            deploying.exception(WAIT)  # the upload itself may have been cut off
            latest = shop.ended()
            if latest["status"] == SUCCESS and shop.version() == version:
                serving, went_through = version, went_through + 1
            assert shop.version() == serving
            assert [d["status"] for d in deployments(shop) if d["active"]] == [SUCCESS]
            eventually(lambda: is_settled(scene), WAIT)
            load.goes_on()
        assert shop.deploy(app_package("last"))["status"] == SUCCESS
        assert shop.version() == "last"
    wait_until_done(messages.put, ledger)
    failed = load.wrong()
    figure("kills", 30)
    figure("deployments that went through all the same", went_through)
    figure("serves again after at most", f"{longest:.1f} s")
    figure("requests", f"{len(load.calls)}, of which cut off: {sum(not call.refused for call in failed)}")
    figure("messages", f"{len(messages.put)}, lost: 0, done more than once: {done_again(ledger.runs(), messages.put)}")
    assert {call.status for call in failed} <= {None}
