"""`python -m benchmarks.clients <sdk|lean> <connection string>`: reads lines `<operation> <count>`.

Answers each with a line of JSON: operations done, seconds they took, its own processor time for them in seconds. Its
items are named after the process.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

import uvloop

from benchmarks.clients.lean import LeanClient
from benchmarks.clients.sdk import SdkClient


async def main(kind: str, connection_string: str) -> None:
    """Serve standard input until it ends."""
    client = (SdkClient if kind == "sdk" else LeanClient)(connection_string, os.getpid())
    await client.prepare()
    print(json.dumps({}), flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        operation, count = line.rsplit(maxsplit=1)
        used = time.process_time()
        done, seconds = await client.run(operation, int(count))
        used = time.process_time() - used
        print(json.dumps({"done": done, "seconds": seconds, "used": used}), flush=True)
    await client.close()


uvloop.run(main(sys.argv[1], sys.argv[2]))
