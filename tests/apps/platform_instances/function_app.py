"""What instances on a server are asked about: their environment, their keys, their work, their manners."""

import asyncio
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
KEPT = []


@app.route()
def environment(req: func.HttpRequest) -> str:
    return json.dumps({**os.environ, "tempfile": tempfile.gettempdir(), "cwd": os.getcwd()})


@app.route(auth_level=func.AuthLevel.FUNCTION)
def locked(req: func.HttpRequest) -> str:
    return "open"


@app.route()
async def hold(req: func.HttpRequest) -> str:
    """Waits until the file `until` exists; creates `started` before."""
    pathlib.Path(req.params["started"]).touch()
    while not os.path.exists(req.params["until"]):
        await asyncio.sleep(0.02)
    return "held"


@app.route()
def leave_files(req: func.HttpRequest) -> str:
    """Leaves files that are hard to remove."""
    folder = pathlib.Path(tempfile.mkdtemp())
    (folder / "file").write_text("left")
    folder.chmod(0o500)
    return str(folder)


@app.route()
def start_child(req: func.HttpRequest) -> str:
    """Returns the ids of the host's, the worker's and the child's process."""
    child = subprocess.Popen(["sleep", "600"], start_new_session="session" in req.params)
    KEPT.append(child)
    return f"{os.getppid()} {os.getpid()} {child.pid}"


@app.route()
def shout(req: func.HttpRequest) -> str:
    """Prints without end from now on."""

    def run():
        while True:
            sys.stdout.write(("x" * 1000 + "\n") * 100)

    threading.Thread(target=run, daemon=True).start()
    return "shouting"


@app.route()
def take_memory(req: func.HttpRequest) -> str:
    KEPT.append(b"x" * (int(req.params["mib"]) * 1024 * 1024))
    return "taken"


@app.route()
def share_memory(req: func.HttpRequest) -> str:
    """Takes memory and shares it with children."""
    KEPT.append(b"x" * (int(req.params["mib"]) * 1024 * 1024))
    for _ in range(2):
        if os.fork() == 0:
            time.sleep(600)
    return "shared"


@app.queue_trigger(arg_name="message", queue_name="work", connection="AzureWebJobsStorage")
@app.queue_output(arg_name="$return", queue_name="done", connection="AzureWebJobsStorage")
def work(message: func.QueueMessage) -> str:
    return message.get_body().decode() + " done"
