"""The instances of a site: kept at their number, replaced by those of a new revision, drained."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from funchost.errors import FuncHostError, RefusedError
from funchost.platform.fleet.restarts import STABLE_SECONDS, Restarts
from funchost.platform.gateway.target import RouteState
from funchost.platform.placement.placement import InstanceState, LoadReport
from funchost.platform.site import ScaleLimits, SiteName
from tests.unit.platform.fleet.fakes import GOOD, SHOP, World, revision, settle, until


def run(scenario: Callable[[World], Awaitable[None]], reports: dict[int, LoadReport | None] | None = None) -> None:
    async def main() -> None:
        world = World(reports)
        await scenario(world)
        await world.fleet.close(1.0)

    asyncio.run(main())


def test_a_prepared_revision_takes_nothing_until_it_is_switched_to() -> None:
    async def scenario(world: World) -> None:
        assert await world.fleet.prepare(revision(1)) == GOOD
        assert world.targets == []
        assert world.placement.listening == set()
        await world.fleet.switch([revision(1)])
        assert world.targets == ["i1"]
        assert world.placement.listening == {"i1"}
        assert world.routes.states[SHOP] is RouteState.SERVING

    run(scenario)


def test_a_switch_leaves_no_moment_without_instances_and_drains_the_old_ones() -> None:
    async def scenario(world: World) -> None:
        await world.fleet.prepare(revision(1))
        await world.fleet.switch([revision(1)])
        world.routes.history.clear()
        world.routes.busy["i1"] = 1
        await world.fleet.prepare(revision(2))
        await world.fleet.switch([revision(2)])
        await settle()
        assert world.targets == ["i2"]
        assert all(world.routes.history)
        assert world.placement.drained == []
        world.routes.finish("i1")
        await settle()
        assert world.placement.drained == ["i1"]

    run(scenario)


def test_as_many_instances_are_prepared_as_serve() -> None:
    async def scenario(world: World) -> None:
        await world.fleet.prepare(revision(1, scale=ScaleLimits(3, 5)))
        await world.fleet.switch([revision(1, scale=ScaleLimits(3, 5))])
        await world.fleet.prepare(revision(2, scale=ScaleLimits(0, 5)))
        await world.fleet.switch([revision(2, scale=ScaleLimits(0, 5))])
        await settle()
        assert len(world.targets) == 3

    run(scenario)


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (LoadReport((), ("ModuleNotFoundError: No module named 'shared'",)), "No module named 'shared'"),
        (LoadReport(GOOD.functions, ("function B: SyntaxError",)), "SyntaxError"),
        (LoadReport(()), "no functions"),
    ],
)
def test_a_revision_that_does_not_load_whole_is_refused_and_what_serves_stays(report: LoadReport, said: str) -> None:
    async def scenario(world: World) -> None:
        await world.fleet.prepare(revision(1))
        await world.fleet.switch([revision(1)])
        with pytest.raises(RefusedError, match=said) as refused:
            await world.fleet.prepare(revision(2))
        assert refused.value.code == "AppNotLoadable"
        assert world.targets == ["i1"]
        assert world.placement.stopped == ["i2"]

    run(scenario, {2: report})


def test_an_instance_that_ends_while_it_loads_is_an_error_not_a_wait() -> None:
    async def scenario(world: World) -> None:
        preparing = asyncio.create_task(world.fleet.prepare(revision(1)))
        await settle()
        world.placement.end("i1", "exit status 1")
        with pytest.raises(RefusedError, match="ended before it had loaded"):
            await preparing

    run(scenario, {1: None})


def test_an_instance_that_ends_before_it_is_ready_is_an_error_and_the_log_says_why() -> None:
    async def scenario(world: World) -> None:
        preparing = asyncio.create_task(world.fleet.prepare(revision(1)))
        await settle()
        world.placement.loaded("i1")
        await settle()
        assert not preparing.done()
        world.placement.end("i1", "used 300 MiB of memory, of 256 MiB that it may")
        with pytest.raises(RefusedError, match="ended before it was ready") as refused:
            await preparing
        assert refused.value.code == "AppNotLoadable"
        assert world.notes == ["Instance i1 ended: used 300 MiB of memory, of 256 MiB that it may."]

    run(scenario, {1: None})


def test_of_several_instances_that_are_prepared_one_may_end() -> None:
    async def scenario(world: World) -> None:
        preparing = asyncio.create_task(world.fleet.prepare(revision(1, scale=ScaleLimits(2, 4))))
        await settle()
        world.placement.loaded("i1")
        world.placement.end("i1", "SIGKILL")
        world.placement.ready("i2")
        assert await preparing == GOOD
        await world.fleet.switch([revision(1, scale=ScaleLimits(2, 4))])
        await settle()
        world.placement.ready("i3")
        assert world.targets == ["i2", "i3"]

    run(scenario, {1: None})


def test_a_prepared_instance_that_ends_before_the_switch_is_replaced_when_a_request_waits() -> None:
    async def scenario(world: World) -> None:
        await world.fleet.prepare(revision(1))
        world.placement.end("i1", "SIGKILL")
        await world.fleet.switch([revision(1)])
        await settle()
        world.routes.on_waiting(SHOP)
        await settle()
        assert world.targets == ["i2"]
        assert "i2" in world.placement.listening

    run(scenario)


def test_instances_of_before_leave_when_a_revision_is_adopted_in_their_place() -> None:
    async def scenario(world: World) -> None:
        await world.fleet.prepare(revision(1))
        await world.fleet.switch([revision(1)])
        await world.fleet.adopt(revision(2))
        await settle()
        assert world.placement.drained == ["i1"]
        world.routes.on_waiting(SHOP)
        await settle()
        assert world.targets == ["i2"]

    run(scenario)


def test_removing_a_site_while_its_first_instance_starts_leaves_no_instance() -> None:
    async def scenario(world: World) -> None:
        await world.fleet.adopt(revision(1))
        world.routes.on_waiting(SHOP)
        await settle()
        assert [instance.id for instance in world.placement.list()] == ["i1"]
        await world.fleet.remove(SHOP)
        world.placement.ready("i1")
        await settle()
        assert world.placement.list() == []
        assert world.targets == []

    run(scenario, {1: None})


@pytest.mark.parametrize("stopped_before", [True, False])
def test_removing_a_site_does_not_wait_for_what_an_older_instance_has_ten_minutes_for(stopped_before: bool) -> None:
    async def scenario(world: World) -> None:
        await world.fleet.prepare(revision(1))
        await world.fleet.switch([revision(1)])
        world.placement.long.add("i1")
        if stopped_before:
            retiring = asyncio.create_task(world.fleet.retire(SHOP))
        else:
            await world.fleet.prepare(revision(2))
            await world.fleet.switch([revision(2)])
        await settle()
        assert [i.state for i in world.placement.list() if i.id == "i1"] == [InstanceState.DRAINING]
        async with asyncio.timeout(20):
            await world.fleet.remove(SHOP, 0.05)
            if stopped_before:
                await retiring
        assert world.placement.list() == []
        assert "i1" in world.placement.stopped

    run(scenario)


def test_a_version_that_is_prepared_while_a_stopped_site_still_finishes_is_left_alone() -> None:
    async def scenario(world: World) -> None:
        await world.fleet.prepare(revision(1))
        await world.fleet.switch([revision(1)])
        world.placement.long.add("i1")
        retiring = asyncio.create_task(world.fleet.retire(SHOP))
        await settle()
        preparing = asyncio.create_task(world.fleet.prepare(revision(2)))
        await settle()
        world.placement.end("i1", "drained", asked=True)
        await retiring
        world.placement.ready("i2")
        assert await preparing == GOOD
        assert world.placement.stopped == []

    run(scenario, {2: None})


def test_scaling_in_while_a_revision_is_prepared_touches_only_what_serves() -> None:
    async def scenario(world: World) -> None:
        await world.fleet.prepare(revision(1, scale=ScaleLimits(3, 5)))
        await world.fleet.switch([revision(1, scale=ScaleLimits(3, 5))])
        preparing = asyncio.create_task(world.fleet.prepare(revision(2, scale=ScaleLimits(0, 5))))
        await settle()
        (site,) = world.fleet.serving()
        site.want(1)
        await settle()
        assert len(world.targets) == 1
        for instance in world.placement.list():
            world.placement.ready(instance.id)
        await preparing
        await world.fleet.switch([revision(2, scale=ScaleLimits(0, 5))])
        await settle()
        assert sorted(world.targets) == ["i4", "i5", "i6"]
        assert sorted(world.placement.drained) == ["i1", "i2", "i3"]

    run(scenario, {2: None})


def test_limits_that_become_lower_end_what_is_too_much_and_keep_requests_served() -> None:
    async def scenario(world: World) -> None:
        await world.fleet.adopt(revision(1, scale=ScaleLimits(3, 5)))
        await settle()
        world.fleet.set_limits(SHOP, ScaleLimits(0, 1))
        await settle()
        assert len(world.targets) == 1
        world.fleet.set_limits(SHOP, ScaleLimits(0, 0))
        await settle()
        assert world.targets == []
        world.routes.on_waiting(SHOP)
        await settle()
        assert world.targets == []
        world.fleet.set_limits(SHOP, ScaleLimits(0, 2))
        world.routes.on_waiting(SHOP)
        await settle()
        assert len(world.targets) == 1

    run(scenario)


def test_a_cancelled_preparation_leaves_no_instance() -> None:
    async def scenario(world: World) -> None:
        preparing = asyncio.create_task(world.fleet.prepare(revision(1)))
        await settle()
        preparing.cancel()
        await asyncio.wait([preparing])
        assert world.placement.list() == []

    run(scenario, {1: None})


def test_two_sites_are_switched_at_the_same_moment() -> None:
    async def scenario(world: World) -> None:
        staging = SiteName("shop", "staging")
        for each in (revision(1), revision(1, site=staging)):
            await world.fleet.prepare(each)
        await world.fleet.switch([revision(1), revision(1, site=staging)])
        assert world.routes.targets[SHOP] == ["i1"]
        assert world.routes.targets[staging] == ["i2"]

    run(scenario)


def test_an_instance_that_dies_is_replaced_and_the_log_says_so() -> None:
    async def scenario(world: World) -> None:
        await world.fleet.prepare(revision(1))
        await world.fleet.switch([revision(1)])
        world.placement.end("i1", "SIGKILL")
        await settle()
        assert world.targets == ["i2"]
        assert world.placement.listening == {"i1", "i2"}
        assert world.notes == ["Instance i1 ended: SIGKILL."]

    run(scenario)


def test_an_adopted_site_gets_its_first_instance_when_a_request_waits() -> None:
    async def scenario(world: World) -> None:
        await world.fleet.adopt(revision(1))
        await settle()
        assert world.placement.list() == []
        world.routes.on_waiting(SHOP)
        await settle()
        assert world.targets == ["i1"]

    run(scenario)


def test_an_adopted_site_has_its_always_ready_instances() -> None:
    async def scenario(world: World) -> None:
        await world.fleet.adopt(revision(1, scale=ScaleLimits(2, 4)))
        await settle()
        assert len(world.targets) == 2

    run(scenario)


def test_the_least_busy_instance_leaves_first_and_gets_no_request_from_then_on() -> None:
    async def scenario(world: World) -> None:
        await world.fleet.adopt(revision(1, scale=ScaleLimits(2, 4)))
        await settle()
        world.routes.busy.update(i1=3, i2=1)
        (site,) = world.fleet.serving()
        site.want(1)
        await settle()
        assert world.targets == ["i1"]
        assert world.placement.drained == []
        world.routes.finish("i2")
        await settle()
        assert world.placement.drained == ["i2"]
        world.routes.finish("i1")

    run(scenario)


def test_an_instance_is_started_although_another_one_is_still_leaving() -> None:
    async def scenario(world: World) -> None:
        await world.fleet.adopt(revision(1, scale=ScaleLimits(1, 4)))
        await settle()
        (site,) = world.fleet.serving()
        world.routes.busy["i1"] = 1
        site.want(0)
        await settle()
        site.want(1)
        await settle()
        assert world.targets == ["i2"]
        world.routes.finish("i1")

    run(scenario)


def test_a_retired_site_is_stopped_after_its_work() -> None:
    async def scenario(world: World) -> None:
        await world.fleet.adopt(revision(1, scale=ScaleLimits(1, 4)))
        await settle()
        await world.fleet.retire(SHOP)
        assert world.routes.states[SHOP] is RouteState.STOPPED
        assert world.targets == []
        assert world.placement.list() == []

    run(scenario)


def test_an_instance_that_cannot_be_started_is_noted() -> None:
    async def scenario(world: World) -> None:
        world.placement.refusal = FuncHostError("there is no Python 3.9")
        await world.fleet.adopt(revision(1, scale=ScaleLimits(1, 4)))
        await settle()
        assert world.notes == ["No instance can be started: there is no Python 3.9"]

    run(scenario)


def test_a_fault_while_instances_are_started_is_noted_and_the_site_has_instances_again() -> None:
    async def scenario(world: World) -> None:
        world.placement.refusal = OSError(24, "Too many open files")
        await world.fleet.adopt(revision(1, scale=ScaleLimits(1, 4)))
        await settle()
        (note,) = world.notes
        assert note.startswith("The number of instances cannot be kept, through a fault of funchost:")
        assert "Too many open files" in note
        assert world.targets == []
        world.placement.refusal = None
        await until(lambda: world.targets == ["i1"])
        world.placement.end("i1", "SIGKILL")
        await until(lambda: world.targets == ["i2"])

    run(scenario)


def test_restarts_come_later_and_later_until_an_instance_lives() -> None:
    restarts, waits = Restarts(), []
    for _ in range(9):
        restarts = restarts.after_end(100.0, 1.0)
        waits.append(restarts.wait(100.0))
    assert waits == [0, 1, 2, 4, 8, 16, 32, 60, 60]
    assert restarts.after_end(200.0, STABLE_SECONDS).wait(200.0) == 0
