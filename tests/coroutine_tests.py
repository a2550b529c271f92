"""Coroutine tests: a folder whose conftest holds this hook runs each of its tests in a loop of its own."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable

import pytest

Hook = Callable[[pytest.Function], bool | None]


def coroutine_hook(
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None, *, seconds: float | None = None
) -> Hook:
    """Return what a conftest must call ``pytest_pyfunc_call``.

    Args:
        loop_factory: None = asyncio's own loop.
        seconds: after which a test that hangs is cut off.
    """

    async def run(pyfuncitem: pytest.Function) -> None:
        arguments = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
        async with asyncio.timeout(seconds):
            await pyfuncitem.obj(**arguments)

    @pytest.hookimpl(tryfirst=True)
    def take_over(pyfuncitem: pytest.Function) -> bool | None:
        """Takes over coroutine functions and leaves all others to pytest."""
        if not inspect.iscoroutinefunction(pyfuncitem.obj):
            return None
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(run(pyfuncitem))
        return True

    return take_over
