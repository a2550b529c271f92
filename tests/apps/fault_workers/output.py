"""Functions that close stdout and stderr, or write far too much."""

import os
import sys

import azure.functions as func

blueprint = func.Blueprint()
LINE = "x" * 1023


@blueprint.route()
def close_stdout(req: func.HttpRequest) -> str:
    sys.stdout.close()
    return "closed"


@blueprint.route()
def close_stderr(req: func.HttpRequest) -> str:
    sys.stderr.close()
    return "closed"


@blueprint.route()
def close_descriptors(req: func.HttpRequest) -> str:
    os.close(1)
    os.close(2)
    return "closed"


@blueprint.route()
def replace_stdout(req: func.HttpRequest) -> str:
    sys.stdout = None
    sys.stderr = None
    return "replaced"


@blueprint.route()
def say(req: func.HttpRequest) -> str:
    print(req.params["text"])
    print(req.params["text"] + " on stderr", file=sys.stderr)
    return "said"


@blueprint.route()
def print_much(req: func.HttpRequest) -> str:
    """Prints `mib` MiB in lines of 1 KiB."""
    for _ in range(int(req.params["mib"]) * 1024):
        print(LINE)
    return "printed"


@blueprint.route()
def print_one_line(req: func.HttpRequest) -> str:
    """Prints `mib` MiB without a line end."""
    for _ in range(int(req.params["mib"])):
        sys.stdout.write(LINE * 1024)
    sys.stdout.write("\nend of the line\n")
    return "printed"
