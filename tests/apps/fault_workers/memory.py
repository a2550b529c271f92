"""Functions that take all the memory their process may have."""

import os
import resource

import azure.functions as func

blueprint = func.Blueprint()

if os.environ.get("MEMORY_LIMIT"):
    limit = int(os.environ["MEMORY_LIMIT"])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


@blueprint.route()
def allocate_blocks(req: func.HttpRequest) -> str:
    return fill(1024 * 1024)


@blueprint.route()
def allocate_crumbs(req: func.HttpRequest) -> str:
    return fill(400)


@blueprint.route()
async def allocate_async(req: func.HttpRequest) -> str:
    return fill(4096)


@blueprint.route()
def allocate_answer(req: func.HttpRequest) -> str:
    """The function gets its memory, but what turns the result into an answer does not."""
    return "x" * (int(os.environ["MEMORY_LIMIT"]) * 2 // 5)


def fill(piece):
    pieces = []
    while True:
        pieces.append(bytearray(piece))
