"""Functions that start processes and leave them."""

import multiprocessing
import os
import pathlib
import subprocess
import sys
import time

import azure.functions as func

blueprint = func.Blueprint()
LEFT = []


def sleep(seconds):
    time.sleep(seconds)


def start_child(kind):
    """Start a child that sleeps for ten minutes and has what it inherits; returns its process id."""
    if kind == "fork":
        pid = os.fork()
        if pid == 0:
            time.sleep(600)
            os._exit(0)
        return pid
    if kind == "spawn":
        child = subprocess.Popen(["sleep", "600"], close_fds=False)
    elif kind == "session":
        child = subprocess.Popen(["sleep", "600"], close_fds=False, start_new_session=True)
    else:
        child = multiprocessing.get_context("fork").Process(target=sleep, args=(600,), daemon=True)
        child.start()
    LEFT.append(child)
    return child.pid


@blueprint.route()
def leave_child(req: func.HttpRequest) -> str:
    return str(start_child(req.params["kind"]))


@blueprint.route()
async def leave_child_async(req: func.HttpRequest) -> str:
    return str(start_child(req.params["kind"]))


@blueprint.route()
def fork_and_return(req: func.HttpRequest) -> str:
    """Parent and child both return."""
    return answer_after(os.fork(), req)


@blueprint.route()
async def fork_and_return_async(req: func.HttpRequest) -> str:
    return answer_after(os.fork(), req)


@blueprint.route()
def fork_and_raise(req: func.HttpRequest) -> str:
    pid = os.fork()
    if pid == 0:
        raise RuntimeError("the child's own trouble")
    return answer_after(pid, req)


def answer_after(pid, req):
    if pid == 0:
        return "from the child"
    if "wait" in req.params:
        _, status = os.waitpid(pid, 0)
        return f"from the parent, the child ended with {os.WEXITSTATUS(status)}"
    LEFT.append(pid)
    return "from the parent"


@blueprint.route()
def fork_and_talk(req: func.HttpRequest) -> str:
    """The child prints, logs, and goes on for a while after the parent has answered."""
    import logging

    pid = os.fork()
    if pid == 0:
        print("the child prints")
        logging.warning("the child logs")
        pathlib.Path(req.params["done"]).touch()
        sys.exit(0)
    os.waitpid(pid, 0)
    return "from the parent"
