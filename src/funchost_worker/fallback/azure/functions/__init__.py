"""Stands in for the `azure-functions` package in an app whose environment has none.

It holds the types of function.json apps (HTTP, queue, blob, timer, Event Grid, warm-up) and their converters.
The worker puts this folder's root at the very end of `sys.path`, so an installed `azure-functions` always wins,
and there is no azure/__init__.py, so other `azure.*` packages still import. Imports in here are relative for one
reason: the tests load the package under another name, next to the real one.
"""

from ._blob import InputStream
from ._context import Context, Out
from ._event_grid import EventGridEvent, EventGridOutputEvent
from ._http_request import HttpRequest
from ._http_response import HttpResponse
from ._only_in_library import refuse_absent_names
from ._queue import QueueMessage
from ._registry import get_binding_registry
from ._timer import TimerRequest
from ._warm_up import WarmUpContext

__version__ = "fallback"

__all__ = (
    "Context",
    "EventGridEvent",
    "EventGridOutputEvent",
    "HttpRequest",
    "HttpResponse",
    "InputStream",
    "Out",
    "QueueMessage",
    "TimerRequest",
    "WarmUpContext",
    "get_binding_registry",
)

refuse_absent_names(__name__)
