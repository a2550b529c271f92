"""Functions that end their process, or try to."""

import asyncio
import os
import signal
import sys
import threading

import azure.functions as func

blueprint = func.Blueprint()


@blueprint.route()
def exit_thread(req: func.HttpRequest) -> str:
    print("last words", flush=True)
    os._exit(3)


@blueprint.route()
async def exit_loop(req: func.HttpRequest) -> str:
    os._exit(4)


@blueprint.route()
def system_exit(req: func.HttpRequest) -> str:
    sys.exit(5)


@blueprint.route()
async def system_exit_async(req: func.HttpRequest) -> str:
    sys.exit(6)


@blueprint.route()
async def system_exit_task(req: func.HttpRequest) -> str:
    """The exit comes from a task of the function's own."""

    async def leave():
        sys.exit(7)

    asyncio.ensure_future(leave())
    await asyncio.sleep(0.1)
    return "still here"


@blueprint.route()
def keyboard_interrupt(req: func.HttpRequest) -> str:
    raise KeyboardInterrupt


@blueprint.route()
def interrupt_self(req: func.HttpRequest) -> str:
    """The main thread gets a Ctrl-C of the worker's own."""
    os.kill(os.getpid(), signal.SIGINT)
    return "interrupted"


@blueprint.route()
def terminate_self(req: func.HttpRequest) -> str:
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(30)


@blueprint.route()
def crash(req: func.HttpRequest) -> str:
    """A C extension's crash."""
    import ctypes

    ctypes.string_at(0)


@blueprint.route()
def recurse(req: func.HttpRequest) -> str:
    return recurse_deeper(0)


def recurse_deeper(depth):
    return recurse_deeper(depth + 1) + 1


@blueprint.route()
async def close_everything(req: func.HttpRequest) -> str:
    """What old recipes for daemons do."""
    os.closerange(3, 256)
    return "closed"
