"""The server's disk is full: what needs room is refused with the reason, the rest goes on, and it heals with room."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from funchost.testing import ServerProcess, ServerStartError, eventually
from funchost.testing.process_tree import is_alive
from tests.integration.faults.bystander import Bystander
from tests.integration.faults.server.package import app_package
from tests.integration.faults.server.queue_load import QueueClient, wait_until_done
from tests.integration.faults.server.site import FAILED, SUCCESS, WAIT, TestedSite
from tests.integration.faults.server.traces import app_log, packages, processes_of, uploads_and_builds, versions
from tests.integration.faults.storage.ledger import Ledger
from tests.small_disk import MIB, fill, small_disk

LOST = re.compile(r"server   \(\d+ bytes of the log are lost here: the disk took none\)")

NOISY = """
import logging

async def main(req):
    for _ in range(int(req.params["lines"])):
        logging.error("x" * 1000)
    return "said"
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 48 * MIB) as folder:
        yield folder


def package(version: str) -> bytes:
    return app_package(version, http={"noisy": NOISY})


def shop_on(server: ServerProcess, ledger: Ledger) -> TestedSite:
    shop = TestedSite(server, "shop").create(**ledger.environment)
    shop.deploy(package("one"))
    assert shop.version() == "one"
    return shop


def tells_what_is_lost(server: ServerProcess) -> bool:
    lines = app_log(server, "shop").splitlines()
    assert any(LOST.fullmatch(line) for line in lines), [line[:100] for line in lines]
    return True


@contextmanager
def log_stream(shop: TestedSite) -> Iterator[http.client.HTTPResponse]:
    """Follow the log; the lines that are read first stand in its file."""
    server = shop.server
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=WAIT)
    try:
        headers = {"Host": f"{shop.label}.scm.localhost", "Authorization": f"Bearer {server.token}"}
        connection.request("GET", "/api/logstream", headers=headers)
        answer = connection.getresponse()
        assert b"Welcome" in answer.readline()
        yield answer
    finally:
        connection.close()


def print_more_than_the_disk_takes(shop: TestedSite) -> None:
    """Returns when the server has tried to write the lines down, and could not."""
    with log_stream(shop) as lines:
        assert shop.get("noisy?lines=3000").status == 200
        for _ in range(200):
            while b"xxxx" not in (line := lines.readline()):
                assert line, "the stream ended"
    with log_stream(shop) as lines:
        assert lines.readline()  # a new stream shows the file first, after all that was waiting for it


def put_for_ever(queue: QueueClient) -> None:
    while True:
        queue.put("x" * 40_000)


def test_what_needs_room_is_refused_and_the_rest_goes_on(disk: Path, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    with ServerProcess(disk) as server:
        shop = shop_on(server, ledger)
        settings, kept = shop.settings(), (versions(server), packages(server))
        with Bystander(shop, "who"), QueueClient(shop) as queue:
            ballast = fill(disk)
            upload = shop.scm("POST", "zipdeploy?isAsync=true", package("two"))
            assert (upload.status, "full" in upload.text or "no room" in upload.text) == (507, True)
            changed = shop.set(LARGE="x" * 90_000)
            assert (changed.status, "disk is full" in changed.text) == (507, True)
            assert shop.settings() == settings
            other = TestedSite(server, "other")
            refused = other.managed("PUT", "", {"location": "local", "properties": {}})
            if refused.status >= 300:  # so little may still find room
                assert refused.status == 507
                assert other.managed("GET", "").status == 404
            print_more_than_the_disk_takes(shop)
            with pytest.raises(OSError, match="500|507|503"):
                put_for_ever(queue)
            assert shop.version() == "one"
            ballast.unlink()
            eventually(lambda: shop.set(LARGE="y" * 90_000).status == 200, WAIT)
            assert other.create().managed("GET", "").status == 200
            assert shop.get("noisy?lines=1").status == 200
            eventually(lambda: tells_what_is_lost(server), WAIT)
            queue.put("healed")
            wait_until_done(["healed"], ledger)
            shop.deploy(package("two"))
            assert shop.version() == "two"
        assert len(versions(server)) == len(kept[0]) + 1
        assert len(packages(server)) == len(kept[1]) + 1
        eventually(lambda: uploads_and_builds(server) == set(), WAIT)
        assert "fault of funchost" not in server.output
    assert processes_of(disk / "data") == {}


def test_a_build_that_fills_the_disk_fails_and_gives_the_room_back(disk: Path, tmp_path: Path) -> None:
    with ServerProcess(disk) as server:
        shop = shop_on(server, Ledger(tmp_path / "ledger.jsonl"))
        kept = versions(server)
        with Bystander(shop, "who"):
            shop.set(SCM_DO_BUILD_DURING_DEPLOYMENT="true", PRE_BUILD_COMMAND="cat /dev/zero > large")
            shop.begin(package("two"))
            failed = shop.ended()
            assert failed["status"] == FAILED
            assert "No space left" in failed["status_text"] or "disk is full" in failed["status_text"]
            eventually(lambda: (versions(server), uploads_and_builds(server)) == (kept, set()), WAIT)
            assert shop.version() == "one"
            shop.set(SCM_DO_BUILD_DURING_DEPLOYMENT="false", PRE_BUILD_COMMAND="")
            assert shop.deploy(package("two"))["status"] == SUCCESS


def test_a_server_that_cannot_start_on_a_full_disk_says_why_and_starts_with_room(disk: Path, tmp_path: Path) -> None:
    server = ServerProcess(disk)
    with server:
        shop = shop_on(server, Ledger(tmp_path / "ledger.jsonl"))
        shop.begin(package("two"))
        below = server.process_ids
        server.kill_alone()
        eventually(lambda: not any(is_alive(pid) for pid in below), WAIT)
        ballast = fill(disk)
        with pytest.raises(ServerStartError, match="(?i)no space is left|disk is full"):
            server.start()
        assert server.exit_code == 1
        ballast.unlink()
        server.start()
        assert shop.ended()["status"] in (FAILED, SUCCESS)
        assert shop.version() in ("one", "two")
        shop.deploy(package("three"))
        assert shop.version() == "three"
