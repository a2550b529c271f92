"""An owner changes an app that is being used: no request and no message is lost, nothing is answered but 200."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from funchost.testing import ServerProcess, eventually
from tests.integration.faults.server.http_load import Call, HttpLoad
from tests.integration.faults.server.package import app_package
from tests.integration.faults.server.queue_load import QueueLoad, done_again, wait_until_done
from tests.integration.faults.server.site import FAILED, WAIT, TestedSite
from tests.integration.faults.storage.ledger import Ledger

Figure = Callable[[str, object], None]


class Owner:
    """Makes changes, and remembers when which version was the one that new requests had to get.

    Args:
        site: that is changed.
        load: goes on a little after each change.
    """

    def __init__(self, site: TestedSite, load: HttpLoad) -> None:
        self.seconds: dict[str, float] = {}
        self._site = site
        self._load = load
        self._periods: list[tuple[float, float, str]] = []

    def change(self, name: str, work: Callable[[], object], version: str) -> None:
        """Change something; afterwards a version has to answer."""
        began = time.monotonic()
        work()
        done = time.monotonic()
        self.seconds[name] = max(done - began, self.seconds.get(name, 0.0))
        self._load.goes_on()
        self._periods.append((done, time.monotonic(), version))

    def answered_by_another(self) -> list[Call]:
        """Return the calls that were sent after a change, before the next, and not answered by its version."""
        return [
            call
            for call in self._load.calls
            for since, until, version in self._periods
            if since < call.sent < until and call.version != version
        ]


def has(site: TestedSite, running: int) -> bool:
    return list(site.instances().values()) == ["READY"] * running


def scaled(site: TestedSite, minimum: int, maximum: int, running: int) -> None:
    """Set the limits and wait until so many instances run, and no others."""
    site.scale(minimum, maximum)
    eventually(lambda: has(site, running), WAIT)


def fail_to_deploy(site: TestedSite) -> None:
    """Deploy a package that does not load."""
    site.begin(app_package("broken", first="import nothing_of_this_name"))
    assert site.ended()["status"] == FAILED


class Shop:
    """An app with a slot and a user of each kind; every version is named after the package and the setting MARK."""

    def __init__(self, server: ServerProcess, folder: Path) -> None:
        self.ledger = Ledger(folder / "ledger.jsonl")
        self.site = TestedSite(server, "shop").create(**self.ledger.environment)
        self.first = self.site.deploy(app_package("one"))["id"]
        self.staging = self.site.slot("staging", {**self.ledger.environment, "MARK": "-staged"})
        self.staging.deploy(app_package("other"))

    def change_everything(self, owner: Owner, instances: int) -> None:
        """Make every kind of change; the app ends with version ``other``, and its slot with ``one``."""
        site = self.site
        owner.change("settings", lambda: site.set(MARK="-set"), "one-set")
        owner.change("deployment", lambda: site.deploy(app_package("two")), "two-set")
        owner.change("failed deployment", lambda: fail_to_deploy(site), "two-set")
        owner.change("restart", lambda: site.manage("POST", "/restart"), "two-set")
        owner.change("more instances", lambda: scaled(site, instances, instances + 1, instances), "two-set")
        owner.change("rollback", lambda: site.roll_back(self.first), "one-set")
        owner.change("fewer instances", lambda: scaled(site, 0, 1, 1), "one-set")
        owner.change("swap", lambda: site.swap("staging"), "other-staged")


def check(shop: Shop, load: HttpLoad, messages: QueueLoad, owner: Owner, figure: Figure) -> None:
    wait_until_done(messages.put, shop.ledger)
    again = done_again(shop.ledger.runs(), messages.put)
    figure("requests", len(load.calls))
    figure("not answered 200", len(load.wrong()))
    figure("executed other than once", len(load.executed_other_than_once(shop.ledger)))
    figure("slowest of the quick requests", f"{load.slowest():.2f} s")
    figure("messages", len(messages.put))
    figure("messages done more than once", again)
    figure("a change took at most", ", ".join(f"{name} {taken:.1f} s" for name, taken in owner.seconds.items()))
    assert load.wrong() == []
    assert load.executed_other_than_once(shop.ledger) == {}
    assert owner.answered_by_another() == []
    assert messages.failures == []
    assert again <= len(messages.put) / 20  # at least once is what is promised


def test_no_request_and_no_message_is_lost_by_any_change(tmp_path: Path, figure: Figure) -> None:
    with ServerProcess(tmp_path) as server:
        shop = Shop(server, tmp_path)
        with QueueLoad(shop.site) as messages, HttpLoad(shop.site) as load:
            owner = Owner(shop.site, load)
            shop.change_everything(owner, 2)
        check(shop, load, messages, owner, figure)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_ten_rounds_of_all_changes_lose_nothing(tmp_path: Path, figure: Figure) -> None:
    with ServerProcess(tmp_path) as server:
        shop = Shop(server, tmp_path)
        with QueueLoad(shop.site) as messages, HttpLoad(shop.site) as load:
            owner = Owner(shop.site, load)
            for _ in range(10):
                shop.change_everything(owner, 3)
                owner.change("swap back", lambda: shop.site.swap("staging"), "one-set")
        figure("changes", 90)
        check(shop, load, messages, owner, figure)
