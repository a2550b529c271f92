from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from funchost.app.function_app import FunctionApp
from funchost.errors import SettingError
from funchost.host.app_keeper import AppKeeper
from funchost.host.identity import Instance
from funchost.host.options import HostOptions
from funchost.host.storage import HostStorage
from funchost.http.control import HostState
from funchost.logs import HostLog, LogFilter
from tests.unit.http.apps import Lines


@asynccontextmanager
async def keeping(root: Path, read_environment: Callable[[], Mapping[str, str]]) -> AsyncIterator[AppKeeper]:
    """An app whose environment cannot be read, so that no worker ever starts."""
    options = HostOptions(root=root, address="127.0.0.1", port=0, environment={}, read_environment=read_environment)
    log = HostLog(Lines(), LogFilter({}))
    storage = HostStorage(root / ".funchost" / "storage", None, log)
    keeper = AppKeeper(options, log, ignore, storage, Instance("host", "instance"))
    keeper.start()
    try:
        yield keeper
    finally:
        await keeper.stop(0.0)


def ignore(app: FunctionApp) -> None:
    raise AssertionError(app)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def test_a_fault_of_the_host_while_it_loads_is_shown_and_the_app_is_loaded_again(tmp_path: Path) -> None:
    problems = iter((RuntimeError("unforeseen"), SettingError("NAME", "is wrong.")))

    def fail() -> Mapping[str, str]:
        raise next(problems)

    async def scenario() -> None:
        async with keeping(tmp_path, fail) as keeper:
            await until(lambda: keeper.state is HostState.ERROR)
            (failure,) = keeper.failures
            assert "a fault of funchost" in failure
            assert "RuntimeError: unforeseen" in failure
            keeper.request_reload()
            await until(lambda: keeper.failures == ("NAME: is wrong.",))
        assert keeper.state is HostState.STOPPED

    asyncio.run(scenario())


def test_an_app_folder_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    def read() -> Mapping[str, str]:
        raise AssertionError

    async def scenario() -> None:
        async with keeping(tmp_path / "gone", read) as keeper:
            await until(lambda: keeper.state is HostState.ERROR)
            assert keeper.failures == (f"{tmp_path / 'gone'}: The app's folder is not there.",)

    asyncio.run(scenario())
