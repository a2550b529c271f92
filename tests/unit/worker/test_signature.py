"""The rows of the signature table, with the library that is installed here."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, List, Optional, Union  # noqa: UP035 - as apps write them

import azure.functions as func
import pytest

from funchost_worker.failure import FunctionLoadError
from funchost_worker.library import Library
from funchost_worker.plan import Plan
from funchost_worker.signature import DECORATORS, FUNCTION_JSON, Signature

if TYPE_CHECKING:
    from decimal import Decimal

LIBRARY = Library()
HTTP = {"name": "req", "type": "httpTrigger", "direction": "in"}
RESPONSE = {"name": "$return", "type": "http", "direction": "out"}
QUEUE = {"name": "msg", "type": "queue", "direction": "out"}
QUEUE_TRIGGER = {"name": "msg", "type": "queueTrigger"}


def plan(function: Callable[..., Any], *bindings: Mapping[str, Any], declared_in: str = FUNCTION_JSON) -> Plan:
    return Signature("f", "/app/f", function, list(bindings), LIBRARY, declared_in).plan()


def refusal(function: Callable[..., Any], *bindings: Mapping[str, Any], declared_in: str = FUNCTION_JSON) -> str:
    with pytest.raises(FunctionLoadError) as caught:
        plan(function, *bindings, declared_in=declared_in)
    prefix = "cannot load the f function: "
    assert str(caught.value).startswith(prefix)
    return str(caught.value)[len(prefix) :]


def test_inout_is_not_supported() -> None:
    def main(req: Any) -> None: ...

    assert refusal(main, {**HTTP, "direction": "InOut"}) == '"inout" bindings are not supported'


def test_return_must_be_out() -> None:
    def main(req: Any) -> None: ...

    text = '"$return" binding must have direction set to "out"'
    assert refusal(main, HTTP, {**RESPONSE, "direction": "in"}) == text
    assert refusal(main, HTTP, {"name": "$return", "type": "http"}) == text


def test_context_must_be_a_context() -> None:
    def main(req: Any, context: int) -> None: ...

    text = "the \"context\" parameter is expected to be of type azure.functions.Context, got <class 'int'>"
    assert refusal(main, HTTP) == text


def test_context_by_name_annotated_or_not_and_any_class_called_context() -> None:
    class Context:
        pass

    def plain(req: Any, context) -> None: ...  # type: ignore[no-untyped-def]
    def annotated(req: Any, context: func.Context) -> None: ...
    def other(req: Any, context: "Context") -> None: ...  # noqa: UP037
    def optional(req: Any, context: Optional[func.Context] = None) -> None: ...  # noqa: UP045

    for main in (plain, annotated, other, optional):
        assert plan(main, HTTP).wants_context


def test_a_binding_called_context_is_that_binding() -> None:
    def main(context: func.OrchestrationContext) -> str:
        return ""

    assert not plan(main, {"name": "context", "type": "orchestrationTrigger"}).wants_context


def test_parameters_without_bindings_and_bindings_without_parameters() -> None:
    def main(req: Any, spam: Any, ham: Any) -> None: ...
    def short() -> None: ...

    assert (
        refusal(main, HTTP)
        == "the following parameters are declared in Python but not in function.json: {'ham', 'spam'}"
    )
    assert refusal(short, HTTP) == "the following parameters are declared in function.json but not in Python: {'req'}"


def test_the_same_for_decorators_names_both_places() -> None:
    def main(req: Any, spam: Any) -> None: ...
    def short() -> None: ...

    place = "the function definition (function.json or function decorators)"
    assert refusal(main, HTTP, declared_in=DECORATORS) == (
        "the following parameters are declared in Python but not in " + place + ":  {'spam'}"
    )
    assert refusal(short, HTTP, declared_in=DECORATORS) == (
        "the following parameters are declared in " + place + " but not in Python: {'req'}"
    )


def test_defaults_and_star_arguments_are_parameters_too() -> None:
    def with_default(req: Any = None, extra: int = 1) -> None: ...
    def with_stars(*args: Any, **kwargs: Any) -> None: ...

    assert refusal(with_default, HTTP).endswith("not in function.json: {'extra'}")
    assert refusal(with_stars, HTTP).endswith("not in function.json: {'args', 'kwargs'}")


def test_out_needs_one_type() -> None:
    def main(req: Any, msg: func.Out) -> None: ...  # type: ignore[type-arg]

    assert refusal(main, HTTP, QUEUE).startswith("binding msg has invalid Out annotation ")


def test_an_annotation_must_be_a_type() -> None:
    def main(req: 3) -> None: ...  # type: ignore[valid-type]

    main.__annotations__ = {"req": functools.partial(print)}
    assert refusal(main, HTTP).startswith("binding req has invalid non-type annotation functools.partial")


def test_directions_and_out_must_agree() -> None:
    def out_as_value(req: Any, msg: str) -> None: ...
    def value_as_out(req: func.Out[str]) -> None: ...

    assert refusal(out_as_value, HTTP, QUEUE) == (
        'binding msg is declared to have the "out" direction, but its annotation in Python '
        "is not a subclass of azure.functions.Out"
    )
    assert refusal(value_as_out, HTTP) == (
        'binding req is declared to have the "in" direction in function.json, '
        "but its annotation is azure.functions.Out in Python"
    )


def test_the_converter_must_take_the_annotation() -> None:
    def main(req: int) -> None: ...
    def out(req: Any, msg: func.Out[int]) -> None: ...

    assert refusal(main, HTTP) == (
        'type of req binding in function.json "httpTrigger" does not match its Python annotation "int"'
    )
    assert refusal(main, {**HTTP, "dataType": "Binary"}) == (
        '\'req\' binding type "httpTrigger" and dataType "2" in function.json do not match the corresponding '
        'function parameter\'s Python type annotation "int"'
    )
    assert (
        refusal(out, HTTP, QUEUE)
        == 'type of msg binding in function.json "queue" does not match its Python annotation "int"'
    )


def test_a_queue_takes_objects_and_lists_of_messages() -> None:
    def objects(req: Any, msg: func.Out[dict]) -> None: ...  # type: ignore[type-arg]
    def plain(req: Any, msg: func.Out[list]) -> None: ...  # type: ignore[type-arg]
    def messages(req: Any, msg: func.Out[List[func.QueueMessage]]) -> None: ...  # noqa: UP006

    for main in (objects, plain, messages):
        assert [output.name for output in plan(main, HTTP, QUEUE).outputs] == ["msg"]


def test_returned_types() -> None:
    def out(req: Any) -> func.Out[str]: ...  # type: ignore[empty-body]
    def generic(req: Any) -> List[str]: ...  # type: ignore[empty-body]  # noqa: UP006
    def number(req: Any) -> int: ...  # type: ignore[empty-body]
    def raw(req: Any) -> bytes: ...  # type: ignore[empty-body]

    assert refusal(out, HTTP, RESPONSE) == "return annotation should not be azure.functions.Out"
    assert refusal(generic, HTTP, RESPONSE) == "has invalid non-type return annotation typing.List[str]"
    assert refusal(number, HTTP, RESPONSE) == 'Python return annotation "int" does not match binding type "http"'
    assert refusal(raw, HTTP, RESPONSE) == 'Python return annotation "bytes" does not match binding type "http"'
    assert plan(number, HTTP).returns is None  # not checked without a binding


def test_a_queue_takes_returned_objects_and_lists() -> None:
    returned = {"name": "$return", "type": "queue", "direction": "out"}

    def texts(req: Any) -> List[str]: ...  # type: ignore[empty-body]  # noqa: UP006
    def builtin(req: Any) -> list[str]: ...  # type: ignore[empty-body]
    def messages(req: Any) -> Optional[List[func.QueueMessage]]: ...  # noqa: UP006, UP045
    def objects(req: Any) -> dict[str, int]: ...  # type: ignore[empty-body]
    def number(req: Any) -> int: ...  # type: ignore[empty-body]

    for main in (texts, builtin, messages, objects):
        assert plan(main, HTTP, returned).returns is not None
    assert refusal(number, HTTP, returned) == 'Python return annotation "int" does not match binding type "queue"'


def test_accepted_beyond_the_table() -> None:
    def optional(req: Optional[func.HttpRequest]) -> Optional[str]: ...  # noqa: UP045
    def new_union(req: func.HttpRequest | None) -> func.HttpResponse | None: ...
    def either(req: func.HttpRequest) -> Union[str, func.HttpResponse]: ...  # type: ignore[empty-body]  # noqa: UP007
    def nothing(req: func.HttpRequest) -> None: ...
    def builtin_list(req: Any, msg: func.Out[list[str]]) -> None: ...
    def checkers_only(req: func.HttpRequest, msg: func.Out[Decimal]) -> Decimal: ...  # type: ignore[empty-body]

    for main in (optional, new_union, either, nothing):
        assert plan(main, HTTP, RESPONSE).inputs["req"].converter is LIBRARY.converter("httpTrigger")
    assert [output.name for output in plan(builtin_list, HTTP, QUEUE).outputs] == ["msg"]
    assert plan(checkers_only, HTTP, QUEUE, RESPONSE).returns is not None


def test_lists_of_events() -> None:
    many = {"name": "events", "type": "eventHubTrigger", "cardinality": "many"}

    def old(events: List[func.EventHubEvent]) -> None: ...  # noqa: UP006
    def new(events: list[func.EventHubEvent]) -> None: ...
    def bare(events: list) -> None: ...  # type: ignore[type-arg]

    assert plan(old, many).inputs
    assert plan(new, many).inputs
    assert refusal(bare, many).endswith('"eventHubTrigger" does not match its Python annotation "list"')


def test_text_on_a_trigger_is_generic() -> None:
    def main(msg: str) -> None: ...

    generic = plan(main, QUEUE_TRIGGER).inputs["msg"]
    assert generic.converter.__name__ == "GenericConverter"
    assert not generic.wants_metadata

    def typed(msg: func.QueueMessage) -> None: ...

    assert plan(typed, QUEUE_TRIGGER).inputs["msg"].wants_metadata


def test_types_that_the_library_does_not_know_are_generic_and_take_what_is_returned() -> None:
    unknown = {"name": "x", "type": "somethingNewTrigger"}

    def main(x: str) -> str:
        return x

    def typed(x: dict) -> None: ...  # type: ignore[type-arg]

    def written(x: str, row: func.Out[dict]) -> None: ...  # type: ignore[type-arg]

    assert plan(main, unknown).returns is not None
    assert plan(written, unknown, {"name": "row", "type": "table", "direction": "out"}).outputs
    assert refusal(typed, unknown).endswith('"somethingNewTrigger" does not match its Python annotation "dict"')
    assert plan(main, {"name": "x", "type": "timerTrigger"}).returns is None


def test_a_durable_client_is_text() -> None:
    def main(starter: Any) -> None: ...
    def typed(starter: str) -> None: ...

    for function in (main, typed):
        found = plan(function, {"name": "starter", "type": "durableClient"})
        assert found.inputs["starter"].converter.__name__ == "GenericConverter"
        assert found.returns is None


def test_types_and_property_names_are_read_in_any_case() -> None:
    def main(req: func.HttpRequest) -> str:
        return ""

    found = plan(main, {"Name": "req", "Type": "HTTPTRIGGER"}, {"NAME": "$return", "type": "Http", "direction": "OUT"})
    assert found.is_http
    assert found.returns is not None
    assert found.returns.is_http


def test_which_functions_run_on_the_loop() -> None:
    class Endpoint:
        async def __call__(self, req: Any) -> None: ...

        async def method(self, req: Any) -> None: ...

    async def main(req: Any) -> None: ...
    def sync(req: Any) -> None: ...

    @functools.wraps(main)
    async def wrapped(*args: Any, **kwargs: Any) -> None: ...

    for function in (main, wrapped, Endpoint(), Endpoint().method, functools.partial(main)):
        assert plan(function, HTTP).is_async
    assert not plan(sync, HTTP).is_async
    assert not plan(lambda req: None, HTTP).is_async


def test_a_decorator_without_wraps_hides_the_parameters() -> None:
    def decorator(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any) -> Any:
            return function(*args)

        return wrapper

    assert refusal(decorator(lambda req: None), HTTP).endswith("not in function.json: {'args'}")


def test_streaming_types_are_named() -> None:
    class Request:
        pass

    Request.__module__ = "azurefunctions.extensions.http.fastapi.web"

    def main(req: Request) -> None: ...

    main.__annotations__["req"] = Request
    assert "azurefunctions.extensions.http.fastapi is not supported yet" in refusal(main, HTTP)
