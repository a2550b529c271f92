"""LocalPlacement over real instances: their life from order to end."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from funchost.deploy.pythons import Installation
from funchost.errors import FuncHostError
from funchost.platform.placement.local import MEMORY_SECONDS
from funchost.platform.placement.placement import InstanceState
from funchost.platform.site import SiteName
from funchost.testing.process_tree import is_alive
from tests.integration.platform.placement.placing import APPS, SECONDS, SHOP, get, placing, processes, until


async def test_an_instance_becomes_ready_and_reports_its_functions(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        instance = await parts.ready(await parts.revision())
        assert instance.report is not None
        assert instance.report.errors == ()
        found = {function.name: function for function in instance.report.functions}
        assert found["locked"].route == "api/locked"
        assert found["locked"].auth_level == "function"
        assert found["work"].trigger == "queueTrigger"
        assert found["work"].route is None
        assert await get(instance, "/api/environment") != (404, "")
        await until(lambda: parts.now(instance).load.memory > 0)


async def test_an_app_that_does_not_load_is_reported_with_its_traceback(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "host.json").write_text('{"version": "2.0"}')
    (broken / "function_app.py").write_text("import no_such_module\n")
    async with placing(tmp_path / "data") as parts:
        await parts.placement.ensure(await parts.revision(app=broken), 1, listening=False)
        report = await until(lambda: parts.placement.list()[0].report)
        assert report is not None
        assert report.functions == ()
        assert "no_such_module" in "\n".join(report.errors)
        assert "function_app.py" in "\n".join(report.errors)


async def test_a_wrong_setting_is_reported_and_does_not_end_the_instance(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        revision = await parts.revision(settings={"FUNCTIONS_WORKER_PROCESS_COUNT": "many"})
        await parts.placement.ensure(revision, 1, listening=False)
        report = await until(lambda: parts.placement.list()[0].report)
        assert report is not None
        assert "FUNCTIONS_WORKER_PROCESS_COUNT" in report.errors[0]
        assert parts.placement.list()[0].state is InstanceState.STARTING


async def test_as_many_instances_as_asked_for_also_by_two_at_once(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        revision = await parts.revision()
        await asyncio.gather(*(parts.placement.ensure(revision, 2, listening=False) for _ in range(3)))
        assert len(parts.placement.list(SHOP)) == 2
        assert parts.placement.list(SiteName("other")) == []
        assert len({instance.id for instance in parts.placement.list()}) == 2


async def test_a_drained_instance_finishes_its_call_and_leaves_nothing(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        instance = await parts.ready(await parts.revision(), listening=True)
        started, go_on = tmp_path / "started", tmp_path / "go on"
        call = asyncio.create_task(get(instance, f"/api/hold?started={started}&until={str(go_on).replace(' ', '%20')}"))
        await until(started.exists)
        pids = await processes(instance)
        drain = asyncio.create_task(parts.placement.drain(instance.id, SECONDS))
        await until(lambda: parts.now(instance).state is InstanceState.DRAINING)
        assert not drain.done()
        go_on.touch()
        assert await call == (200, "held")
        await drain
        assert parts.now(instance).ended == "drained"
        assert parts.now(instance).asked_to_end
        await until(lambda: not any(is_alive(pid) for pid in pids))  # killed, and it takes a moment
        assert not parts.data.instance(instance.id).exists()


async def test_a_drain_that_takes_too_long_ends_in_a_kill(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        instance = await parts.ready(await parts.revision())
        started = tmp_path / "started"
        call = asyncio.create_task(get(instance, f"/api/hold?started={started}&until=/never"))
        await until(started.exists)
        await parts.placement.drain(instance.id, 0.2)
        assert parts.placement.list() == []
        assert (await call)[0] == 503


async def test_a_killed_instance_is_noticed_at_once_with_the_signal(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        instance = await parts.ready(await parts.revision())
        pids = await processes(instance)
        os.kill(pids[0], signal.SIGKILL)
        await until(lambda: parts.now(instance).state is InstanceState.ENDED)
        assert parts.now(instance).ended == "SIGKILL"
        assert not parts.now(instance).asked_to_end
        await until(lambda: not any(is_alive(pid) for pid in pids))
        await until(lambda: not parts.data.instance(instance.id).exists())


async def test_an_instance_leaves_a_closed_terminal_to_its_server(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        instance = await parts.ready(await parts.revision())
        host, worker, _ = await processes(instance)
        os.kill(host, signal.SIGHUP)
        assert (await processes(instance))[:2] == (host, worker)
        assert parts.now(instance).state is InstanceState.READY


async def test_files_that_an_app_protects_go_with_its_instance(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        instance = await parts.ready(await parts.revision())
        _, folder = await get(instance, "/api/leave_files")
        assert Path(folder).is_relative_to(parts.data.instance(instance.id))
        await parts.placement.stop(instance.id)
        assert parts.now(instance).ended == "stopped"
        assert not parts.data.instance(instance.id).exists()


async def test_children_in_sessions_of_their_own_go_with_their_instance_and_with_no_other(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        instance = await parts.ready(await parts.revision())
        other = await parts.ready(await parts.revision(SiteName("other")))
        _, _, child = await processes(instance, session=True)
        _, _, kept = await processes(other, session=True)
        await parts.placement.stop(instance.id)
        await until(lambda: not is_alive(child))  # killed, and it takes a moment
        assert is_alive(kept)


async def test_folders_that_a_killed_server_left_are_removed_at_the_start(tmp_path: Path) -> None:
    left = tmp_path / "run" / "0123" / "tmp"
    left.mkdir(parents=True)
    (left / "file").write_text("left")
    async with placing(tmp_path):
        assert not left.parent.exists()


async def test_an_instance_over_its_memory_limit_is_ended_and_the_other_goes_on(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        instance = await parts.ready(await parts.revision(memory_limit=256 << 20))
        other = await parts.ready(await parts.revision(SiteName("other")))
        task = asyncio.create_task(get(instance, "/api/take_memory?mib=300"))
        await until(lambda: parts.now(instance).state is InstanceState.ENDED)
        assert "of 256 MiB that it may" in str(parts.now(instance).ended)
        await asyncio.wait((task,))
        task.exception()
        assert (await get(other, "/api/environment"))[0] == 200


async def test_memory_that_forked_children_share_counts_once(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        instance = await parts.ready(await parts.revision(memory_limit=320 << 20))
        assert await get(instance, "/api/share_memory?mib=150") == (200, "shared")
        await asyncio.sleep(2.5 * MEMORY_SECONDS)  # it is looked at twice, and nothing happens
        assert parts.now(instance).state is InstanceState.READY
        assert (await get(instance, "/api/environment"))[0] == 200


async def test_a_python_that_is_missing_starts_nothing(tmp_path: Path) -> None:
    class NoPythons:
        async def find(self, version: str) -> Installation:
            raise FuncHostError(f"There is no Python {version}.")

    async with placing(tmp_path, NoPythons()) as parts:
        with pytest.raises(FuncHostError, match=r"no Python 3\.11"):
            await parts.placement.ensure(await parts.revision(), 2, listening=False)
        assert parts.placement.list() == []


async def test_apps_of_the_first_programming_model_run_as_well(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        instance = await parts.ready(await parts.revision(app=APPS / "guide_http_trigger"))
        assert instance.report is not None
        assert [function.name for function in instance.report.functions] == ["HttpTrigger"]


@pytest.mark.parametrize("how", ["stop", "drain"])
async def test_an_instance_whose_app_hangs_in_an_import_can_be_ended(tmp_path: Path, how: str) -> None:
    stuck, began = tmp_path / "stuck", tmp_path / "began"
    stuck.mkdir()
    (stuck / "host.json").write_text('{"version": "2.0"}')
    (stuck / "function_app.py").write_text(
        f"import pathlib, time\npathlib.Path({str(began)!r}).touch()\ntime.sleep(600)\n"
    )
    async with placing(tmp_path / "data") as parts:
        (instance,) = await parts.placement.ensure(await parts.revision(app=stuck), 1, listening=False)
        await until(began.exists)
        async with asyncio.timeout(SECONDS / 2):
            if how == "stop":
                await parts.placement.stop(instance.id)
            else:
                await parts.placement.drain(instance.id, SECONDS)
        assert parts.placement.list() == []
        assert parts.now(instance).asked_to_end


async def test_an_instance_can_be_ended_before_it_has_begun(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        starting = asyncio.ensure_future(parts.placement.ensure(await parts.revision(), 1, listening=False))
        await asyncio.sleep(0)
        (instance,) = parts.placement.list()
        await asyncio.gather(parts.placement.stop(instance.id), starting)
        assert parts.placement.list() == []
        assert parts.now(instance).state is InstanceState.ENDED


async def test_an_instance_that_is_asked_to_end_by_a_signal_drains(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        instance = await parts.ready(await parts.revision())
        started, go_on = tmp_path / "started", tmp_path / "go"
        host, _, _ = await processes(instance)
        call = asyncio.create_task(get(instance, f"/api/hold?started={started}&until={go_on}"))
        await until(started.exists)
        os.kill(host, signal.SIGTERM)
        await until(lambda: parts.now(instance).state is InstanceState.DRAINING)
        go_on.touch()
        assert await call == (200, "held")
        await until(lambda: parts.now(instance).state is InstanceState.ENDED)
        assert (parts.now(instance).ended, parts.now(instance).asked_to_end) == ("exit status 0", False)
