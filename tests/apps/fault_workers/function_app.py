"""Functions that do to their worker what functions should not do, and one that is innocent."""

import asyncio
import os
import pathlib
import time

import azure.functions as func

import answers
import children
import endings
import event_loop
import memory
import output

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for module in (answers, children, endings, event_loop, memory, output):
    app.register_functions(module.blueprint)


@app.route()
async def innocent(req: func.HttpRequest) -> str:
    return str(os.getpid())


@app.route()
def innocent_thread(req: func.HttpRequest) -> str:
    return str(os.getpid())


@app.route()
async def size(req: func.HttpRequest) -> str:
    """The length of the body and how many of its bytes are not the letter x."""
    body = req.get_body()
    return f"{len(body)} {len(body) - body.count(b'x')}"


@app.route()
async def hold(req: func.HttpRequest) -> str:
    """Waits on the loop until the file `until` exists; creates `started` before."""
    pathlib.Path(req.params["started"]).write_text(str(os.getpid()))
    while not os.path.exists(req.params["until"]):
        await asyncio.sleep(0.02)
    return "held"


@app.route()
def hold_thread(req: func.HttpRequest) -> str:
    """The same in a thread."""
    pathlib.Path(req.params["started"]).write_text(str(os.getpid()))
    while not os.path.exists(req.params["until"]):
        time.sleep(0.02)
    return "held"
