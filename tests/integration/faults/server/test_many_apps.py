"""200 apps on one server: created, found, routed to, there again after a start, and deleted."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from funchost.testing import ServerProcess, eventually
from tests.integration.faults.server.package import app_package
from tests.integration.faults.server.site import SITES, VERSION, WAIT, TestedSite
from tests.integration.faults.server.traces import resident, versions
from tests.integration.faults.storage.ledger import Ledger

Figure = Callable[[str, object], None]
APPS = 200


@pytest.mark.timeout(300)
def test_200_apps(tmp_path: Path, clients: ThreadPoolExecutor, figure: Figure) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    with ServerProcess(tmp_path / "server") as server:
        empty = resident(server.pid)
        sites = [TestedSite(server, f"app-{number}") for number in range(APPS)]
        began = time.monotonic()
        for done in [clients.submit(site.create, **ledger.environment) for site in sites]:
            done.result()
        figure("created in", f"{time.monotonic() - began:.1f} s")
        figure("memory of the server, without and with 200 apps", f"{empty} and {resident(server.pid)} MiB")
        used = [sites[0], sites[-1]]
        for site in used:
            site.deploy(app_package(site.app))
        assert [site.version() for site in used] == [site.app for site in used]
        assert sites[1].get("echo").status == 404
        server.stop()
        began = time.monotonic()
        server.start()
        figure("started in", f"{time.monotonic() - began:.1f} s")
        figure("memory after the start", f"{resident(server.pid)} MiB")
        listed = sites[0].server.manage("GET", f"{SITES}{VERSION}").json()["value"]  # type: ignore[index]
        assert len(listed) == APPS
        assert [site.version() for site in used] == [site.app for site in used]
        began = time.monotonic()
        for gone in [clients.submit(site.delete) for site in sites]:
            assert gone.exception() is None, server.output
        figure("deleted in", f"{time.monotonic() - began:.1f} s")
        assert sites[0].get("echo?id=1").status == 404
        eventually(lambda: versions(server) == set() and not list((server.data / "sites").iterdir()), WAIT)
