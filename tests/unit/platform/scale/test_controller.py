"""The controller: a site's queues and requests become a number of instances."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from funchost.errors import StorageError, StorageUnavailableError
from funchost.platform.fleet.fleet import Fleet
from funchost.platform.fleet.site_fleet import SiteFleet
from funchost.platform.gateway.target import Demand
from funchost.platform.placement.placement import LoadReport
from funchost.platform.scale.controller import ScaleController
from funchost.platform.scale.queue_sampler import QueueSampler
from funchost.platform.scale.rules import ScaleRules
from funchost.platform.site import FunctionInfo, Revision, ScaleLimits, SiteName
from funchost.storage.account import StorageAccount
from funchost.storage.connections import Connection
from funchost.storage.queues import QueueMessage, QueueProperties
from tests.unit.platform.fleet.fakes import SHOP, World, settle
from tests.unit.platform.scale.test_workload import OWN

ORDERS = FunctionInfo("Orders", "queueTrigger", ({"type": "queueTrigger", "queueName": "orders"},))
HELLO = FunctionInfo("Hello", "httpTrigger", ({"type": "httpTrigger"},))


class Queues:
    """One queue of a store."""

    def __init__(self) -> None:
        self.length = 0
        self.age = 0.0
        self.error: StorageError | None = None

    async def properties(self, queue: str) -> QueueProperties:
        assert queue == "orders"
        if self.error is not None:
            raise self.error
        return QueueProperties(queue, self.length)

    async def peek(self, queue: str) -> list[QueueMessage]:
        inserted = datetime.now(UTC) - timedelta(seconds=self.age)
        return [QueueMessage("1", "x", inserted, inserted, 0)] if self.length else []


class Scene:
    """One site with a fleet, a queue and requests, looked at by the controller."""

    def __init__(self, *functions: FunctionInfo) -> None:
        self.report = LoadReport(functions)
        self.world = World({1: self.report})
        self.queues = Queues()
        self.requests = Demand()
        account = cast(StorageAccount, SimpleNamespace(queues=self.queues))
        self.controller = ScaleController(
            self.world.fleet,
            self,
            QueueSampler(lambda site, connection: account if _is_own(connection) else None),
            ScaleRules(step_seconds=0.0, in_seconds=0.0, idle_seconds=0.0),
            lambda site, text: self.world.notes.append(text),
        )

    def demand(self, site: SiteName) -> Demand:
        return self.requests

    async def look(self) -> int:
        """Look once; return the number of instances wanted."""
        (site,) = self.world.fleet.serving()
        await self.controller.look(site)
        await settle()
        return site.desired


class _Looks(ScaleController):
    """Looks at three sites: one that is all right, one that fails, one that never answers."""

    def __init__(self, good: SiteFleet, broken: SiteFleet, stuck: SiteFleet, scene: Scene) -> None:
        fleet = cast(Fleet, SimpleNamespace(serving=lambda: (good, broken, stuck)))
        sampler = QueueSampler(lambda site, connection: None)
        super().__init__(fleet, scene, sampler, ScaleRules(), lambda site, text: scene.world.notes.append(text))
        self.looked: list[str] = []
        self.ended: list[str] = []

    async def look(self, fleet: SiteFleet) -> None:
        self.looked.append(fleet.site.app)
        if fleet.site.app == "broken":
            raise ValueError("odd")
        if fleet.site.app == "stuck":
            try:
                await asyncio.Event().wait()
            finally:
                self.ended.append("stuck")


def _is_own(connection: Connection) -> bool:
    return connection.account == "shop"


def adopted(*functions: FunctionInfo, known: bool = True) -> Revision:
    settings: Mapping[str, str] = {"AzureWebJobsStorage": OWN}
    return Revision(
        site=SHOP,
        number=1,
        version="v1",
        python="3.11",
        settings=settings,
        scale=ScaleLimits(0, 10),
        functions=functions if known else (),
    )


def test_messages_start_the_first_instance_and_a_backlog_more() -> None:
    async def scenario() -> None:
        scene = Scene(ORDERS)
        await scene.world.fleet.adopt(adopted(ORDERS))
        assert await scene.look() == 0
        scene.queues.length = 1000
        assert await scene.look() == 1
        scene.queues.age = 3.0
        assert await scene.look() == 5
        assert scene.world.notes == [
            "Scaling from 0 to 1 instances: 1000 messages, the oldest waits 0 s.",
            "Scaling from 1 to 5 instances: 1000 messages, the oldest waits 3 s.",
        ]
        await scene.world.fleet.close(1.0)

    asyncio.run(scenario())


def test_requests_in_flight_ask_for_more_instances() -> None:
    async def scenario() -> None:
        scene = Scene(HELLO)
        await scene.world.fleet.adopt(adopted(HELLO))
        scene.requests = Demand(in_flight=100, last_request=time.monotonic())
        assert await scene.look() == 4
        await scene.world.fleet.close(1.0)

    asyncio.run(scenario())


@pytest.mark.parametrize("error", [StorageUnavailableError("ServerBusy", "busy", 503), StorageError("X", "odd", 400)])
def test_a_queue_that_cannot_be_looked_at_takes_no_instance_away(error: StorageError) -> None:
    async def scenario() -> None:
        scene = Scene(ORDERS)
        await scene.world.fleet.adopt(adopted(ORDERS))
        scene.queues.length = 1
        assert await scene.look() == 1
        scene.queues.error = error
        assert await scene.look() == 1
        await scene.world.fleet.close(1.0)

    asyncio.run(scenario())


def test_what_goes_wrong_with_one_site_ends_the_scaling_of_no_other() -> None:
    async def scenario() -> None:
        scene = Scene(ORDERS)
        await scene.world.fleet.adopt(adopted(ORDERS))
        (good,) = scene.world.fleet.serving()
        broken, stuck = (SimpleNamespace(site=SiteName(name), current=adopted(ORDERS)) for name in ("broken", "stuck"))
        controller = _Looks(good, cast(SiteFleet, broken), cast(SiteFleet, stuck), scene)
        running = asyncio.create_task(controller.run())
        for _ in range(10):
            await asyncio.sleep(0)
        assert controller.looked == ["shop", "broken", "stuck"]
        assert not running.done()
        assert ["fault of funchost" in note and "ValueError" in note for note in scene.world.notes] == [True]
        running.cancel()
        await asyncio.wait((running,))
        assert controller.ended == ["stuck"]
        await scene.world.fleet.close(1.0)

    asyncio.run(scenario())


def test_a_queue_that_does_not_exist_is_empty() -> None:
    async def scenario() -> None:
        scene = Scene(ORDERS)
        await scene.world.fleet.adopt(adopted(ORDERS))
        scene.queues.error = StorageError("QueueNotFound", "none", 404)
        assert await scene.look() == 0
        await scene.world.fleet.close(1.0)

    asyncio.run(scenario())


def test_an_unknown_version_is_loaded_once_to_be_known() -> None:
    async def scenario() -> None:
        scene = Scene(HELLO)
        await scene.world.fleet.adopt(adopted(known=False))
        assert await scene.look() == 1
        (site,) = scene.world.fleet.serving()
        assert site.report == scene.report
        assert await scene.look() == 0
        await scene.world.fleet.close(1.0)

    asyncio.run(scenario())
