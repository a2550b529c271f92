"""Context: what a function learns about its invocation, with every attribute of the library's abstract classes."""

import threading

from funchost_worker.attribution import STORAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional


class TraceContext:
    """W3C trace context; the capitalised names are the deprecated spellings."""

    def __init__(self, trace_parent: str, trace_state: str) -> None:
        self.trace_parent = trace_parent
        self.trace_state = trace_state
        self.attributes: "Dict[str, str]" = {}

    @property
    def Traceparent(self) -> str:
        return self.trace_parent

    @property
    def Tracestate(self) -> str:
        return self.trace_state

    @property
    def Attributes(self) -> "Dict[str, str]":
        return self.attributes


class PreviousFailure:
    """What the attempt before this one raised."""

    def __init__(self, told: "List[str]") -> None:
        self.source = ""
        self.message = "{}: {}".format(told[0], told[1]) if told[1] else told[0]
        self.stack_trace = told[2]

    def __repr__(self) -> str:
        return self.message


class RetryContext:
    def __init__(self, retry: "Optional[List[Any]]") -> None:
        count, maximum, told = retry or (0, 0, None)
        self.retry_count = count
        self.max_retry_count = maximum
        self.exception = PreviousFailure(told) if told else None

    @property
    def rpc_exception(self) -> "Optional[PreviousFailure]":
        return self.exception


class Context:
    """The `context` argument."""

    def __init__(self, function_name: str, function_directory: str, message: "Dict[str, Any]") -> None:
        self.function_name = function_name
        self.function_directory = function_directory
        self.invocation_id: "str" = message["id"]
        self.trace_context = TraceContext(message.get("tp") or "", message.get("ts") or "")
        self.retry_context = RetryContext(message.get("retry"))

    @property
    def thread_local_storage(self) -> threading.local:
        return STORAGE


class Out:
    """What an output parameter receives: the function calls `set`."""

    __slots__ = ("_value",)

    def __init__(self) -> None:
        self._value: "Any" = None

    def set(self, val: "Any") -> None:
        self._value = val

    def get(self) -> "Any":
        return self._value
