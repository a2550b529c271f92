"""Invocation and InvocationResult: the only things that travel between triggers, dispatcher and workers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

from funchost.app.function_app import Function

DatumKind = Literal[
    "none",
    "string",
    "json",
    "bytes",
    "int",
    "double",
    "http",
    "collection_string",
    "collection_bytes",
    "collection_sint64",
    "model_binding_data",
]


class Body(Protocol):
    """A body that is not in memory: pulled once, in chunks.

    `size` is the length in bytes, None when it is not known beforehand.
    Iteration raises the reason if the other side goes away (ConnectionResetError) or sends too much.
    """

    size: int | None

    def __aiter__(self) -> AsyncIterator[bytes]: ...


class HttpRequestData(NamedTuple):
    """A request as the function sees it (host-side rules are in http/translate.py).

    Args:
        method: as sent.
        url: scheme, host, decoded path and raw query.
        headers: names lower-cased, repeated headers joined with commas.
        query: decoded; repeated keys joined with commas; empty values kept.
        params: route values.
        body: bytes, or a Body when it is large or still arriving.
    """

    method: str
    url: str
    headers: dict[str, str]
    query: dict[str, str]
    params: dict[str, str]
    body: bytes | Body


class HttpResponseData(NamedTuple):
    """A response as the function made it; cookies are rendered ``Set-Cookie`` values."""

    status: int
    headers: Sequence[tuple[str, str]]
    cookies: Sequence[str]
    body: bytes | Body


class Datum(NamedTuple):
    """One value on its way to or from a worker.

    `value` by kind: string and json hold text, bytes holds bytes or a Body (a long blob), http holds HttpRequestData or
    HttpResponseData, collection_* hold lists, model_binding_data a JSON-able dict, none holds None.
    """

    kind: DatumKind
    value: object


NOTHING = Datum("none", None)
_NONE: Mapping[str, Datum] = MappingProxyType({})


class TraceContext(NamedTuple):
    """W3C trace context; empty strings when there is none."""

    parent: str = ""
    state: str = ""


class RetryState(NamedTuple):
    """Which attempt this is: 0 is the first, `maximum` retries may follow; `exception` is the previous attempt's."""

    attempt: int
    maximum: int
    exception: InvocationException | None = None


class InvocationException(NamedTuple):
    """What a function, or the worker on its behalf, raised.

    Args:
        type: class name, e.g. ``ZeroDivisionError``.
        message: ``str(exc)``.
        stack: formatted traceback with chained causes, empty if there is none.
    """

    type: str
    message: str
    stack: str = ""

    @property
    def summary(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type


class Status(Enum):
    """How an invocation ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """The function raised, or its values could not be converted."""
    CANCELLED = "cancelled"
    """Given up before or while it ran: client gone, host stopping."""
    TIMED_OUT = "timed out"
    """functionTimeout has passed; the code may still run."""
    LOST = "lost"
    """The worker process ended while it ran."""


CALLED_BY_HOST = "This function was programmatically called via the host APIs."
"""The reason of calls that no event caused, in the existing host's words: HTTP requests and calls by hand."""


class Invocation(NamedTuple):
    """One call of one function.

    Args:
        id: lower-case GUID text.
        function: what to call.
        inputs: the trigger's and the input bindings' values by binding name.
        metadata: trigger metadata by key (queue: DequeueCount ...); empty for HTTP.
        trace: W3C trace context for `context.trace_context`.
        retry: None unless a retry policy is in force.
        reason: for the log line "Executing ... (Reason='...')".
        details: a further log line about the event, empty = none.
    """

    id: str
    function: Function
    inputs: tuple[tuple[str, Datum], ...]
    metadata: Mapping[str, Datum] = _NONE
    trace: TraceContext = TraceContext()
    retry: RetryState | None = None
    reason: str = CALLED_BY_HOST
    details: str = ""


class InvocationResult(NamedTuple):
    """What came of an invocation.

    Args:
        status: see Status; anything but SUCCEEDED carries `exception`.
        return_value: of ``$return`` or the implicit output; NOTHING if none.
        outputs: values set on Out parameters, by name; unset ones are absent.
        exception: why it did not succeed.
        dropped: Python type of a returned value that no binding takes, empty if there is none.
    """

    status: Status
    return_value: Datum = NOTHING
    outputs: Mapping[str, Datum] = _NONE
    exception: InvocationException | None = None
    dropped: str = ""
