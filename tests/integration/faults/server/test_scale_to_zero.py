"""An app goes to sleep again and again while somebody calls it now and then: each call is answered."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from funchost.testing import ServerProcess, eventually
from tests.integration.faults.server.http_load import Connection
from tests.integration.faults.server.package import app_package
from tests.integration.faults.server.site import WAIT, TestedSite
from tests.integration.faults.storage.ledger import Ledger

Figure = Callable[[str, object], None]
IDLE = 1.0
CLIENTS = 2


@pytest.mark.parametrize(
    "calls", [5, pytest.param(60, marks=[pytest.mark.long, pytest.mark.timeout(400)])], ids=["5 calls", "60 calls"]
)
def test_a_call_that_meets_an_app_on_its_way_to_sleep_is_answered(
    tmp_path: Path, clients: ThreadPoolExecutor, calls: int, figure: Figure
) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    with ServerProcess(tmp_path / "server", "--idle-seconds", str(IDLE)) as server:
        shop = TestedSite(server, "shop").create(**ledger.environment)
        shop.deploy(app_package("one"))

        def now_and_then(seed: int) -> list[tuple[str, float]]:
            moments, connection, found = random.Random(seed), Connection(shop), []  # noqa: S311 - a test's choices
            for number in range(calls):
                time.sleep(moments.uniform(IDLE, IDLE + 2.0))  # around the moments when the last instance goes
                id = f"call-{seed}-{number}"
                call = connection.call("POST", f"echo?id={id}", id, [b"now and then"])
                found.append(("" if call.right else f"{call.status} {call.text}", call.ended - call.sent))
            connection.close()
            return found

        answers = [one for done in [clients.submit(now_and_then, n) for n in range(CLIENTS)] for one in done.result()]
        eventually(lambda: not shop.instances(), WAIT)
        connection = Connection(shop)
        late = connection.call("POST", "echo?id=late", "late", [b"woken up"])
        connection.close()
        answers.append(("" if late.right else f"{late.status} {late.text}", late.ended - late.sent))
        hosts = {run.host for run in ledger.runs()}
    figure("calls", f"{len(answers)}, answered by {len(hosts)} instances")
    figure("slowest", f"{max(seconds for _, seconds in answers):.1f} s")
    assert [problem for problem, _ in answers if problem] == []
    assert len([run for run in ledger.runs() if run.outcome == "done"]) == len(answers)
    assert len(hosts) > 1
