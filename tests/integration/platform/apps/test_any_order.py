"""Any order of changes, with restarts of the server between them, leads where a simple model says it must."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from funchost.errors import RefusedError
from funchost.platform.deployment import DeploymentStatus
from funchost.platform.site import SiteName
from tests.integration.platform.apps.fakes import SHOP, STAGING, World, run

SITES = st.sampled_from([SHOP, STAGING])
STEPS = st.one_of(
    st.tuples(st.just("deploy"), SITES, st.sampled_from(["one", "two", "BROKEN"])),
    st.tuples(st.just("set"), SITES, st.sampled_from(["good", "better", "bad"])),
    st.tuples(st.sampled_from(["stop", "start", "restart"]), SITES, st.none()),
    st.tuples(st.sampled_from(["swap", "server"]), st.just(SHOP), st.none()),
)


@dataclass
class _Site:
    """What a site must be.

    Args:
        mark: its setting; with ``bad`` nothing loads.
        version: what was deployed.
        running: whether it was not stopped.
        served: version and mark that loaded last.
    """

    mark: str = "good"
    version: str | None = None
    running: bool = True
    served: tuple[str, str] | None = None

    def loads(self) -> bool:
        return self.mark != "bad"

    def apply(self) -> None:
        if self.running and self.version is not None and self.loads():
            self.served = self.version, self.mark


def _expected_deploy(site: _Site, content: str) -> bool:
    if content == "BROKEN" or not site.loads():
        return False
    site.version = content
    site.served = content, site.mark
    return True


def _expected_swap(one: _Site, other: _Site) -> bool:
    if one.version is None and other.version is None:
        return False
    if any(side.version is not None and not side.loads() for side in (one, other)):
        return False
    one.version, other.version = other.version, one.version
    one.mark, other.mark = other.mark, one.mark
    for side in (one, other):
        side.served = None if side.version is None else (side.version, side.mark)
    return True


async def _set(world: World, name: SiteName, mark: str) -> None:
    await world.apps.set_settings(name, {"MARK": mark, "BREAK": "1" if mark == "bad" else "0"})


async def _accepted(world: World, step: str, name: SiteName) -> bool:
    try:
        if step == "swap":
            await world.apps.swap(SHOP, "staging", None)
        else:
            await world.apps.restart(name)
    except RefusedError:
        return False
    return True


async def _take(world: World, model: dict[SiteName, _Site], step: str, name: SiteName, what: str | None) -> None:
    site = model[name]
    if step == "deploy":
        assert what is not None
        done = (await world.deploy(name, what)).status is DeploymentStatus.SUCCESS
        assert done == _expected_deploy(site, what)
    elif step == "set":
        assert what is not None
        await _set(world, name, what)
        site.mark = what
        site.apply()
    elif step == "stop":
        await world.apps.stop(name)
        site.running = False
    elif step == "start":
        await world.apps.start(name)
        if not site.running:
            site.running = True
            site.apply()
    elif step == "restart":
        possible = site.running and (site.version is None or site.loads())
        assert await _accepted(world, step, name) == possible
        if possible:
            site.apply()
    elif step == "swap":
        assert await _accepted(world, step, name) == _expected_swap(model[SHOP], model[STAGING])
    else:
        await world.restart()


async def _check(world: World, model: dict[SiteName, _Site]) -> None:
    for name, site in model.items():
        revision = world.fleet.current.get(name)
        found = None if revision is None else (world.served(name), revision.settings["MARK"])
        assert found == (site.served if site.running else None)
        assert (await world.apps.settings(name))["MARK"] == site.mark
        behind = site.running and site.served is not None and site.served[1] != site.mark
        assert bool(await world.apps.problem(name)) == behind
        active = [d for d in await world.apps.deployments.deployments(name) if d.active]
        assert len(active) == (site.version is not None)
    assert world.fleet.prepared == []


@settings(max_examples=15, deadline=None)
@given(steps=st.lists(STEPS, max_size=12))
@example(steps=[("deploy", SHOP, "one"), ("set", SHOP, "bad"), ("stop", SHOP, None), ("start", SHOP, None)])
def test_whatever_is_done_what_loaded_last_serves(steps: list[tuple[str, SiteName, str | None]]) -> None:
    async def scenario(world: World) -> None:
        await world.apps.create(SHOP)
        await world.apps.create(STAGING)
        model = {SHOP: _Site(), STAGING: _Site()}
        for name in model:
            await _set(world, name, "good")
        for step, name, what in steps:
            await _take(world, model, step, name, what)
            await _check(world, model)

    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), scenario)
