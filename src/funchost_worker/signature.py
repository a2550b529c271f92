"""Signature: checks a function against its bindings and works out its plan.

The order of the checks and their texts are those of the existing worker: authors and tests know them.
"""

import inspect

from funchost_worker import annotations, blob_values, queue_values
from funchost_worker.converters import (
    NO_IMPLICIT_OUTPUT,
    DeferredConverter,
    GenericConverter,
    implicit_output,
    with_remembered_times,
)
from funchost_worker.failure import FunctionLoadError
from funchost_worker.import_hint import FASTAPI, STREAMING
from funchost_worker.library import deferred_converter
from funchost_worker.plan import Input, Output, Plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Tuple

    from funchost_worker.library import Library

RETURN = "$return"
CONTEXT = "context"
QUEUE_TRIGGER = "queuetrigger"
DATA_TYPES = {"string": 1, "binary": 2, "stream": 3}
FUNCTION_JSON = "function.json"
DECORATORS = "the function definition (function.json or function decorators)"


class BoundParameter:
    """One binding as the worker needs it; property names and values are read without regard to case."""

    __slots__ = ("data_type", "direction", "name", "type")

    def __init__(self, raw: "Mapping[str, Any]") -> None:
        properties = {key.lower(): value for key, value in raw.items()}
        self.name = str(properties.get("name", ""))
        self.type = str(properties.get("type", ""))
        self.direction = str(properties.get("direction") or "in").lower()
        self.data_type = DATA_TYPES.get(str(properties.get("datatype") or "").lower(), 0)


def _listed(names: "Iterable[str]") -> str:
    return "{" + ", ".join(repr(name) for name in sorted(names)) + "}"


class Signature:
    """One function under check."""

    def __init__(self, name: str, directory: str, function: "Callable[..., Any]",
                 bindings: "List[Mapping[str, Any]]", library: "Library", declared_in: str) -> None:
        self._plan = Plan(name, directory, function)
        self._bound: "Dict[str, BoundParameter]" = {bound.name: bound for bound in map(BoundParameter, bindings)}
        self._library = library
        self._declared_in = declared_in
        self._parameters = dict(inspect.signature(function).parameters)
        self._hints = annotations.hints(function)

    def plan(self) -> Plan:
        """Return the plan.

        Raises:
            FunctionLoadError: parameters, annotations and bindings do not fit together.
        """
        self._check_directions()
        self._check_context()
        self._check_names()
        for name in self._parameters:
            if name in self._bound:
                self._check_parameter(self._bound[name])
        self._check_return()
        plan = self._plan
        call = getattr(plan.function, "__call__", None)  # noqa: B004 - an instance with an async __call__
        plan.is_async = inspect.iscoroutinefunction(plan.function) or inspect.iscoroutinefunction(call)
        plan.is_http = any(bound.type.lower() == "httptrigger" for bound in self._bound.values())
        return plan

    def _error(self, text: str, *values: object) -> FunctionLoadError:
        return FunctionLoadError(self._plan.name, text.format(*values))

    def _check_directions(self) -> None:
        for bound in self._bound.values():
            if bound.direction == "inout":
                raise self._error('"inout" bindings are not supported')
            if bound.name == RETURN and bound.direction != "out":
                raise self._error('"$return" binding must have direction set to "out"')

    def _check_context(self) -> None:
        if CONTEXT not in self._parameters or CONTEXT in self._bound:
            return
        self._plan.wants_context = True
        if CONTEXT not in self._hints:
            return
        kinds = annotations.members(self._hints[CONTEXT])
        if not any(isinstance(kind, type) and kind.__name__ == "Context" for kind in kinds):
            raise self._error('the "context" parameter is expected to be of type azure.functions.Context, got {!r}',
                              self._hints[CONTEXT])

    def _check_names(self) -> None:
        declared = set(self._parameters)
        if self._plan.wants_context:
            declared.discard(CONTEXT)
        bound = set(self._bound) - {RETURN}
        gap = ":  " if self._declared_in == DECORATORS else ": "
        if declared - bound:
            raise self._error("the following parameters are declared in Python but not in {}{}{}",
                              self._declared_in, gap, _listed(declared - bound))
        if bound - declared:
            raise self._error("the following parameters are declared in {} but not in Python: {}",
                              self._declared_in, _listed(bound - declared))

    def _check_parameter(self, bound: BoundParameter) -> None:
        if bound.name in self._hints:
            kinds = annotations.members(self._hints[bound.name])
        else:
            kinds = ()
        is_out = len(kinds) == 1 and annotations.is_out(kinds[0])
        if is_out:
            kinds = self._out_kinds(bound, kinds[0])
        for kind in kinds:
            if not annotations.is_type(kind):
                raise self._error("binding {} has invalid non-type annotation {!r}", bound.name, kind)
        if bound.direction == "out":
            if kinds and not is_out:
                raise self._error('binding {} is declared to have the "out" direction, but its annotation in Python '
                                  "is not a subclass of azure.functions.Out", bound.name)
            self._plan.outputs.append(self._output(bound, kinds))
        else:
            if is_out:
                raise self._error('binding {} is declared to have the "in" direction in function.json, '
                                  "but its annotation is azure.functions.Out in Python", bound.name)
            self._plan.inputs[bound.name] = self._input(bound, kinds)

    def _out_kinds(self, bound: BoundParameter, annotation: "Any") -> "Tuple[Any, ...]":
        arguments = annotations.arguments(annotation)
        if len(arguments) != 1 or type(arguments[0]).__name__ == "TypeVar":
            raise self._error("binding {} has invalid Out annotation {!r}", bound.name, annotation)
        return annotations.members(arguments[0])

    def _converter(self, bound: BoundParameter) -> "Any":
        converter = self._library.converter(bound.type) or GenericConverter
        return with_remembered_times(converter) if bound.type.lower() == QUEUE_TRIGGER else converter

    def _chosen(self, bound: BoundParameter, kind: "Any") -> "Any":
        """The converter for one annotated kind: plain text and bytes are generic unless the type returns values."""
        converter = self._converter(bound)
        if kind in (str, bytes) and not implicit_output(bound.type, converter):
            return GenericConverter
        return converter

    def _input(self, bound: BoundParameter, kinds: "Tuple[Any, ...]") -> Input:
        is_blob = bound.type.lower() in blob_values.BLOB_TYPES
        if not kinds:
            converter = self._converter(bound)
            if bound.type.lower() == NO_IMPLICIT_OUTPUT:  # its converter cannot decode in 1.20 to 1.24
                converter = GenericConverter
            return Input(converter, bool(converter.has_trigger_support()), is_blob)
        for kind in kinds:
            deferred = deferred_converter(bound.type, kind)
            converter = self._chosen(bound, kind) if deferred is None else DeferredConverter(deferred, kind)
            if _accepts(converter, "check_input_type_annotation", kind):
                text = kind if kind in (str, bytes) else None
                return Input(converter, bool(converter.has_trigger_support()), is_blob and deferred is None, text)
        raise self._mismatch(bound, kinds[0])

    def _output(self, bound: BoundParameter, kinds: "Tuple[Any, ...]") -> Output:
        if not kinds:
            return self._as_output(bound, self._converter(bound), None)
        for kind in kinds:
            converter = self._chosen(bound, kind)
            if _takes(bound, converter, kind):
                return self._as_output(bound, converter, kind)
        raise self._mismatch(bound, kinds[0])

    def _as_output(self, bound: BoundParameter, converter: "Any", pytype: "Any") -> Output:
        kind = bound.type.lower()
        responses = self._library.response_classes() if kind == "http" else ()
        own: "Optional[Callable[[Any], Any]]" = None
        if kind == "blob":
            own = blob_values.content
        elif kind == "queue":
            classes = self._library.message_classes()
            own = lambda value: queue_values.messages(value, classes)  # noqa: E731
        return Output(bound.name, converter, pytype, responses, own)

    def _mismatch(self, bound: BoundParameter, kind: "Any") -> FunctionLoadError:
        if str(getattr(kind, "__module__", "")).startswith((FASTAPI, "fastapi", "starlette")):
            return self._error("{}", STREAMING)
        if bound.data_type:
            return self._error('\'{}\' binding type "{}" and dataType "{}" in function.json do not match the '
                               'corresponding function parameter\'s Python type annotation "{}"',
                               bound.name, bound.type, bound.data_type, annotations.name_of(kind))
        return self._error('type of {} binding in function.json "{}" does not match its Python annotation "{}"',
                           bound.name, bound.type, annotations.name_of(kind))

    def _check_return(self) -> None:
        bound = self._bound.get(RETURN)
        if bound is None:
            self._plan.returns = self._implicit_return()
            return
        kinds = annotations.members(self._hints["return"]) if "return" in self._hints else ()
        kinds = tuple(kind for kind in kinds if kind is not type(None))
        converter = self._converter(bound)
        for kind in kinds:
            if annotations.is_out(kind):
                raise self._error("return annotation should not be azure.functions.Out")
            if _takes(bound, converter, kind):
                continue
            if not isinstance(kind, type):
                raise self._error("has invalid non-type return annotation {!r}", kind)
            raise self._error('Python return annotation "{}" does not match binding type "{}"',
                              annotations.name_of(kind), bound.type)
        self._plan.returns = self._as_output(bound, converter, kinds[0] if kinds else None)

    def _implicit_return(self) -> "Optional[Output]":
        """Some triggers (activities, unknown types) take the returned value without a `$return`."""
        for bound in self._bound.values():
            converter = self._converter(bound)
            if implicit_output(bound.type, converter):
                return Output(bound.name, converter, self._hints.get("return"), ())
        return None


def _takes(bound: BoundParameter, converter: "Any", kind: "Any") -> bool:
    """Whether values of this kind may go to an output: queues take more than their converter says."""
    if bound.type.lower() == "queue" and queue_values.takes(kind):
        return True
    return _accepts(converter, "check_output_type_annotation", kind)


def _accepts(converter: "Any", check: str, kind: "Any") -> bool:
    """Ask a converter whether it takes an annotation; one that lacks the check, or fails in it, does not."""
    question = getattr(converter, check, None)
    if question is None:
        return False
    try:
        return bool(question(kind))
    except TypeError:  # issubclass() of something that is no class
        return False
