"""The URLs that are loaded, by the name they have in the report."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks import contenders
from benchmarks.outcome import NotMeasured
from benchmarks.serving import Server

DEFAULT_ASYNC = "funchost, async function, default console lines"
DEFAULT_SYNC = "funchost, sync function, default console lines"
QUIET_ASYNC = "funchost, async function, warnings only"
QUIET_SYNC = "funchost, sync function, warnings only"
STARLETTE_ASYNC = "Starlette on uvicorn, async endpoint"
STARLETTE_SYNC = "Starlette on uvicorn, sync endpoint"
BARE = "bare uvicorn"
FRAMEWORK = "functions-framework"
OFFICIAL_ASYNC = "azure-functions-worker 1.1.9 alone, async function"
OFFICIAL_SYNC = "azure-functions-worker 1.1.9 alone, sync function"

TEXT = "/api/text"
TEXT_SYNC = "/api/text-sync"


@dataclass(frozen=True, slots=True)
class Target:
    """One URL of one server."""

    name: str
    server: Server
    path: str


def targets() -> tuple[list[Target], list[str]]:
    """All URLs in the order of a turn, those that are compared next to each other; and what is not to be had here."""
    default, quiet = contenders.funchost(), contenders.funchost(warnings_only=True)
    starlette = contenders.starlette()
    found = [
        Target(DEFAULT_ASYNC, default, TEXT),
        Target(STARLETTE_ASYNC, starlette, TEXT),
        Target(QUIET_ASYNC, quiet, TEXT),
        Target(BARE, contenders.bare_uvicorn(), TEXT),
        Target(DEFAULT_SYNC, default, TEXT_SYNC),
        Target(STARLETTE_SYNC, starlette, TEXT_SYNC),
        Target(QUIET_SYNC, quiet, TEXT_SYNC),
    ]
    try:
        found.append(Target(FRAMEWORK, contenders.functions_framework(), TEXT))
    except NotMeasured as error:
        return found, [str(error)]
    return found, []
