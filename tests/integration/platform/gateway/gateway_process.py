"""A gateway alone in a process: ``python -m <this module> PORT INSTANCE-PORT``; prints the port of its one site."""

from __future__ import annotations

import asyncio
import gc
import sys

import uvloop

from funchost.http.asgi import Receive, Scope, Send
from funchost.platform.gateway.gateway import Gateway, RouteState, Target
from funchost.platform.placement.placement import Address
from funchost.platform.site import SiteName

SITE = SiteName("shop")


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    raise NotImplementedError("only the site is asked")


async def _run(port: int, instance: int) -> None:
    gateway = Gateway(_nothing, _nothing, lambda _, text: print(text, file=sys.stderr))
    gateway.set_site(SITE, RouteState.SERVING)
    gateway.set_instances(SITE, [Target("one", Address("127.0.0.1", instance))])
    print(await gateway.listen_site(SITE, port), flush=True)
    gc.freeze()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_run(int(sys.argv[1]), int(sys.argv[2])))
