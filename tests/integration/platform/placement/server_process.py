"""A server with one instance, as a process that a test kills: prints ids, then waits.

They are those of the instance's host, its worker, a child of that, and a child in a session of its own.

python -m tests.integration.platform.placement.server_process FOLDER
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvloop

from tests.integration.platform.placement.placing import placing, processes


async def main(folder: Path) -> None:
    async with placing(folder) as parts:
        instance = await parts.ready(await parts.revision(), listening=True)
        await parts.placement.ensure(await parts.revision(number=2), 1, listening=False)
        pids = (*await processes(instance), (await processes(instance, session=True))[2])
        sys.stdout.write(" ".join(map(str, pids)) + "\n")
        sys.stdout.flush()
        await asyncio.sleep(600)


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1])))
