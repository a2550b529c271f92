"""Functions that do something to the event loop they run on."""

import asyncio
import ctypes
import os
import pathlib
import re
import threading
import time

import azure.functions as func

blueprint = func.Blueprint()


def say_started(req):
    pathlib.Path(req.params["started"]).write_text(str(os.getpid()))


@blueprint.route()
async def block_loop(req: func.HttpRequest) -> str:
    """Until the file `until` exists."""
    say_started(req)
    while not os.path.exists(req.params["until"]):
        time.sleep(0.02)
    return "blocked"


@blueprint.route()
def block_gil(req: func.HttpRequest) -> str:
    """C code that keeps the GIL: no Python code runs anywhere in the process."""
    say_started(req)
    ctypes.PyDLL(None).sleep(int(req.params["seconds"]))
    return "blocked"


@blueprint.route()
def block_match(req: func.HttpRequest) -> str:
    """A pattern that needs for ever, in C code that keeps the GIL but can be interrupted by a signal."""
    say_started(req)
    re.match("(a+)+b", "a" * 60)
    return "matched"


@blueprint.route()
def never_returns(req: func.HttpRequest) -> str:
    say_started(req)
    threading.Event().wait()


@blueprint.route()
async def never_answers(req: func.HttpRequest) -> str:
    say_started(req)
    try:
        await asyncio.sleep(3600)
    finally:
        pathlib.Path(req.params["cancelled"]).touch()


@blueprint.route()
async def refuses_cancellation(req: func.HttpRequest) -> str:
    say_started(req)
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            print("not me")


@blueprint.route()
async def set_loop(req: func.HttpRequest) -> str:
    asyncio.set_event_loop(asyncio.new_event_loop())
    return "set"


@blueprint.route()
async def set_no_loop(req: func.HttpRequest) -> str:
    asyncio.set_event_loop(None)
    return "set"


@blueprint.route()
async def stop_loop(req: func.HttpRequest) -> str:
    asyncio.get_running_loop().stop()
    return "stopped"


@blueprint.route()
async def close_loop(req: func.HttpRequest) -> str:
    asyncio.get_running_loop().close()


@blueprint.route()
async def cancel_all(req: func.HttpRequest) -> str:
    for task in asyncio.all_tasks():
        task.cancel()
    await asyncio.sleep(60)
    return "not cancelled"


@blueprint.route()
def run_in_thread(req: func.HttpRequest) -> str:
    async def add():
        await asyncio.sleep(0)
        return "ran"

    return asyncio.run(add())


@blueprint.route()
async def run_on_loop(req: func.HttpRequest) -> str:
    return asyncio.run(asyncio.sleep(0, "ran"))
