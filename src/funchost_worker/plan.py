"""Plan: one loaded function, with everything a call needs worked out beforehand."""

import inspect

from funchost_worker.blob_values import argument as blob_argument
from funchost_worker.context import Context, Out
from funchost_worker.converters import NOTHING, decode, encode
from funchost_worker.datum import Datum, Tail, http_datum, read_datum
from funchost_worker.http_answer import response_answer, text_answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple, Union

    from funchost_worker.converters import Pair
    from funchost_worker.live_body import LiveBody

    Bodies = Mapping[int, Union[bytes, LiveBody]]

NO_BODIES: "Bodies" = {}
NO_METADATA: "Dict[str, Optional[Datum]]" = {}
_LATER = {
    "coroutine": "a coroutine: declare it with `async def`, and every decorator around it as well",
    "generator": "a generator: return the values, for example as a list",
    "async_generator": "an async generator: return the values, for example as a list",
}


class Input:
    """How one argument is made.

    Args:
        is_blob: the library's or the generic converter makes it from a blob's content.
        text: `str` or `bytes` if a blob is wanted so, as a whole; None = an InputStream, which can be read piece by
            piece.
    """

    __slots__ = ("converter", "is_blob", "text", "wants_metadata")

    def __init__(self, converter: "Any", wants_metadata: bool, is_blob: bool = False,
                 text: "Optional[type]" = None) -> None:
        self.converter = converter
        self.wants_metadata = wants_metadata
        self.is_blob = is_blob
        self.text = text

    @property
    def is_live(self) -> bool:
        """Whether the function may start before all of the content is there."""
        return self.is_blob and self.text is None

    def take(self, data: "Optional[Datum]", metadata: "Dict[str, Optional[Datum]]") -> "Any":
        if self.is_blob:
            return blob_argument(self.converter, self.text, data, metadata)
        return decode(self.converter, data, metadata)


class Output:
    """How one result is taken: an `http` binding, or a converter.

    Args:
        own: tried before the converter: returns what goes to the host, or None to leave it to the converter.
    """

    __slots__ = ("converter", "is_http", "name", "own", "pytype", "responses")

    def __init__(self, name: str, converter: "Any", pytype: "Any", responses: "Tuple[type, ...]",
                 own: "Optional[Callable[[Any], Optional[Pair]]]" = None) -> None:
        self.name = name
        self.converter = converter
        self.pytype = pytype
        self.responses = responses
        self.is_http = bool(responses)
        self.own = own

    def take(self, value: "Any") -> "Tuple[str, Any]":
        """Return `(kind, value)`; kind ``http`` comes with an HttpAnswer, kind ``stream`` with a FileBody.

        Raises:
            TypeError, ValueError: the value is none for this binding; the message ends with the binding's name.
        """
        try:
            return NOTHING if value is None else self._taken(value)
        except (TypeError, ValueError) as error:
            if len(error.args) == 1:  # the errors of codecs have more, and make their message of them
                wanted = ": an HttpResponse or a str is wanted" if self.is_http else ""
                error.args = ("{} (output binding {!r}{})".format(error.args[0], self.name, wanted),)
            raise

    def _taken(self, value: "Any") -> "Tuple[str, Any]":
        if self.is_http:
            if isinstance(value, str):
                return "http", text_answer(value)
            if isinstance(value, self.responses):
                return "http", response_answer(value)
        elif self.own is not None:
            pair = self.own(value)
            if pair is not None:
                return pair
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

    def context(self, message: "Dict[str, Any]") -> Context:
        return Context(self.name, self.directory, message)

    def arguments(self, message: "Dict[str, Any]", tail: memoryview, body: "Optional[bytes]",
                  bodies: "Bodies" = NO_BODIES) -> "Dict[str, Any]":
        """Convert the inputs of an INVOKE.

        Args:
            message: its JSON.
            tail: the raw bytes behind it.
            body: the http body if it came as a stream, else None: it is in the tail.
            bodies: other content that came, or comes, as a stream, by its number.
        """
        reader = Tail(tail)
        request = None
        data: "Dict[str, Optional[Datum]]" = {}
        for name, kind, value in message["in"]:
            if kind == "http":
                request = name, value
            elif kind == "stream":
                data[name] = Datum(bodies[value], "bytes")
            else:
                data[name] = read_datum(kind, value, reader)
        metadata = {key: read_datum(kind, value, reader) for key, (kind, value) in message["md"].items()}
        if request is not None:  # the bytes of all others come before its body
            data[request[0]] = http_datum(request[1], reader.rest() if body is None else body)
        arguments: "Dict[str, Any]" = {}
        for name, taken in self.inputs.items():
            arguments[name] = taken.take(data.get(name), metadata if taken.wants_metadata else NO_METADATA)
        for output in self.outputs:
            arguments[output.name] = Out()
        return arguments

    def results(self, returned: "Any", arguments: "Dict[str, Any]") -> "Tuple[Pair, List[Tuple[str, str, Any]]]":
        """Convert what the function returned and what it put into its Out arguments.

        Returns:
            The pair of the return value, ``("dropped", type name)`` if no binding takes it; name, kind and value of
            each output.
        """
        if returned is not None and not isinstance(returned, (str, bytes)):
            self._refuse_unfinished(returned)
        pair: "Pair" = NOTHING
        if self.returns is not None:
            pair = self.returns.take(returned)
        elif returned is not None:
            pair = self._dropped(returned)
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

    def _dropped(self, returned: "Any") -> "Pair":
        """No binding takes the value. For HTTP that is a mistake; elsewhere the host says once that it is dropped."""
        if self.is_http:
            raise RuntimeError("function '{}' without a $return binding returned a non-None value".format(self.name))
        return "dropped", type(returned).__name__
