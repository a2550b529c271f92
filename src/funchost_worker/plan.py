"""Plan: one loaded function, with everything a call needs worked out beforehand."""

import inspect
import logging

from funchost_worker.context import Context, Out
from funchost_worker.converters import NOTHING, decode, encode
from funchost_worker.datum import Tail, http_datum, read_datum
from funchost_worker.http_answer import response_answer, text_answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Optional, Tuple

    from funchost_worker.converters import Pair
    from funchost_worker.datum import Datum

NO_METADATA: "Dict[str, Optional[Datum]]" = {}
_LATER = {
    "coroutine": "a coroutine: declare it with `async def`, and every decorator around it as well",
    "generator": "a generator: return the values, for example as a list",
    "async_generator": "an async generator: return the values, for example as a list",
}


class Input:
    """How one argument is made."""

    __slots__ = ("converter", "wants_metadata")

    def __init__(self, converter: "Any", wants_metadata: bool) -> None:
        self.converter = converter
        self.wants_metadata = wants_metadata


class Output:
    """How one result is taken: an `http` binding, or a converter."""

    __slots__ = ("converter", "is_http", "name", "pytype", "responses")

    def __init__(self, name: str, converter: "Any", pytype: "Any", responses: "Tuple[type, ...]") -> None:
        self.name = name
        self.converter = converter
        self.pytype = pytype
        self.responses = responses
        self.is_http = bool(responses)

    def take(self, value: "Any") -> "Tuple[str, Any]":
        """Return `(kind, value)`; kind ``http`` comes with an HttpAnswer."""
        if value is None:
            return NOTHING
        if self.is_http:
            if isinstance(value, str):
                return "http", text_answer(value)
            if isinstance(value, self.responses):
                return "http", response_answer(value)
        return encode(self.converter, value, self.pytype)


class Plan:
    """A function and the way its arguments and results are converted."""

    def __init__(self, name: str, directory: str, function: "Callable[..., Any]") -> None:
        self.name = name
        self.directory = directory
        self.function = function
        self.is_async = False
        self.wants_context = False
        self.is_http = False
        self.inputs: "Dict[str, Input]" = {}
        self.outputs: "List[Output]" = []
        self.returns: "Optional[Output]" = None
        self._told_of_dropped_value = False

    def context(self, message: "Dict[str, Any]") -> Context:
        return Context(self.name, self.directory, message)

    def arguments(self, message: "Dict[str, Any]", tail: memoryview, body: "Optional[bytes]") -> "Dict[str, Any]":
        """Convert the inputs of an INVOKE.

        Args:
            message: its JSON.
            tail: the raw bytes behind it.
            body: the http body if it came as a stream, else None: it is in the tail.
        """
        reader = Tail(tail)
        request = None
        data = {}
        for name, kind, value in message["in"]:
            if kind == "http":
                request = name, value
            else:
                data[name] = read_datum(kind, value, reader)
        metadata = {key: read_datum(kind, value, reader) for key, (kind, value) in message["md"].items()}
        if request is not None:  # the bytes of all others come before its body
            data[request[0]] = http_datum(request[1], reader.rest() if body is None else body)
        arguments: "Dict[str, Any]" = {}
        for name, taken in self.inputs.items():
            arguments[name] = decode(taken.converter, data.get(name), metadata if taken.wants_metadata else NO_METADATA)
        for output in self.outputs:
            arguments[output.name] = Out()
        return arguments

    def results(self, returned: "Any", arguments: "Dict[str, Any]") -> "Tuple[Pair, List[Tuple[str, str, Any]]]":
        """Convert what the function returned and what it put into its Out arguments."""
        if returned is not None and not isinstance(returned, (str, bytes)):
            self._refuse_unfinished(returned)
        pair: "Pair" = NOTHING
        if self.returns is not None:
            pair = self.returns.take(returned)
        elif returned is not None:
            self._drop(returned)
        outputs = []
        for output in self.outputs:
            kind, value = output.take(arguments[output.name].get())
            if kind != "none":
                outputs.append((output.name, kind, value))
        return pair, outputs

    def _refuse_unfinished(self, returned: "Any") -> None:
        if inspect.iscoroutine(returned):
            returned.close()
        told = _LATER.get(type(returned).__name__)
        if told is not None:
            raise TypeError("function '{}' returned {}".format(self.name, told))

    def _drop(self, returned: "Any") -> None:
        if self.is_http:
            raise RuntimeError("function '{}' without a $return binding returned a non-None value".format(self.name))
        if not self._told_of_dropped_value:
            self._told_of_dropped_value = True
            logging.warning("Function '%s' returned a value of type %s that none of its bindings takes; it is dropped. "
                            "Add an output binding named $return, or return nothing.",
                            self.name, type(returned).__name__)
