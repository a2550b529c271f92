"""An app that prints without end: its neighbours, the server and the disk."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from funchost.platform.placement.local_output import BURST, RATE
from funchost.platform.site import SiteName
from tests.integration.platform.placement.placing import SECONDS, SHOP, get, placing, until

LOUD = SiteName("loud")


async def test_endless_output_slows_neither_the_server_nor_its_own_app(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        loud = await parts.ready(await parts.revision(LOUD))
        quiet = await parts.ready(await parts.revision(SHOP))
        started = time.monotonic()
        assert await get(loud, "/api/shout") == (200, "shouting")
        log = parts.data.logs(LOUD) / "app.log"
        await until(lambda: log.exists() and log.stat().st_size > BURST)
        for _ in range(20):
            async with asyncio.timeout(SECONDS / 5):  # a loop that does nothing but read would never come back
                assert (await get(quiet, "/api/environment"))[0] == 200
        assert (await get(loud, "/api/environment"))[0] == 200
        written = sum(path.stat().st_size for path in parts.data.logs(LOUD).iterdir())
        assert written < 4 * BURST + 4 * RATE * (time.monotonic() - started + 5)
        await parts.placement.stop(loud.id)
        assert parts.now(loud).ended == "stopped"


async def test_the_log_of_a_loud_app_can_be_followed(tmp_path: Path) -> None:
    async with placing(tmp_path) as parts:
        loud = await parts.ready(await parts.revision(LOUD))
        lines = parts.logs.follow(LOUD)
        first = asyncio.ensure_future(anext(lines))
        await get(loud, "/api/shout")
        await asyncio.wait_for(first, SECONDS)
        seen = 0
        async with asyncio.timeout(SECONDS):
            async for some in lines:
                seen += len(some)
                if seen > BURST:
                    break
        await lines.aclose()
