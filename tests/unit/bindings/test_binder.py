from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from funchost.app.binding_expression import Template, parse_template
from funchost.app.invocation import Datum, InvocationResult, Status
from funchost.bindings.binder import FunctionBindings
from funchost.bindings.failure import BindingFailure
from funchost.bindings.kind import BindingCall, Input, Output, Resources
from funchost.bindings.plan import FunctionPlan
from funchost.bindings.unserved import UnservedInput, UnservedOutput
from funchost.errors import StorageUnavailableError
from tests.unit.bindings.declarations import function, invocation

ID = parse_template("{id}")
FN = function({"name": "kafka", "type": "kafka"})
AWAY = StorageUnavailableError("ServerBusy", "The store is away.", 503)


class Stream:
    """A Body that knows whether it was given up."""

    size = 5

    def __init__(self) -> None:
        self.closed = False

    async def aclose(self) -> None:
        self.closed = True


class Known:
    """An input with a value, and an output that keeps what it gets; both wait for the other ones to begin."""

    def __init__(self, value: object = None, together: asyncio.Barrier | None = None) -> None:
        self.value = value
        self.together = together
        self.written: list[Datum] = []

    @property
    def templates(self) -> tuple[Template, ...]:
        return (ID,)

    async def read(self, call: BindingCall) -> Datum:
        await self._meet()
        if isinstance(self.value, Exception):
            raise self.value
        return Datum("bytes", call.render(ID).encode() if self.value is None else self.value)

    async def write(self, call: BindingCall, value: Datum) -> None:
        await self._meet()
        if isinstance(self.value, Exception):
            raise self.value
        self.written.append(value)

    async def _meet(self) -> None:
        if self.together is not None:
            async with asyncio.timeout(5):
                await self.together.wait()


def bindings(inputs: Sequence[tuple[str, Input]] = (), outputs: Sequence[tuple[str, Output]] = ()) -> FunctionBindings:
    resources = Resources(cast("Any", None), cast("Any", None), cast("Any", None))
    return FunctionBindings(FunctionPlan(tuple(inputs), tuple(outputs)), resources)


def test_inputs_are_read_at_the_same_time_and_added_in_order() -> None:
    async def scenario() -> None:
        together = asyncio.Barrier(2)
        found = await bindings((("a", Known(b"A", together)), ("b", Known(None, together)))).read(
            invocation(FN, id="7")
        )
        assert [name for name, _ in found.inputs] == ["req", "a", "b"]
        assert found.inputs[1:] == (("a", Datum("bytes", b"A")), ("b", Datum("bytes", b"7")))

    asyncio.run(scenario())


def test_an_input_that_fails_is_named_and_open_ones_are_given_up() -> None:
    stream = Stream()
    with pytest.raises(BindingFailure, match=r"^input binding 'b': The store is away. \(ServerBusy\)$"):
        asyncio.run(bindings((("a", Known(stream)), ("b", Known(AWAY)))).read(invocation(FN, id="7")))
    assert stream.closed


def test_an_expression_without_a_value_is_a_failure_of_its_binding() -> None:
    with pytest.raises(BindingFailure, match=r"^input binding 'a': '\{id\}': No value for named parameter 'id'\.$"):
        asyncio.run(bindings((("a", Known()),)).read(invocation(FN)))


def test_outputs_are_written_at_the_same_time_and_unset_ones_are_not() -> None:
    async def scenario() -> None:
        together = asyncio.Barrier(2)
        returned, set_one, unset = Known(None, together), Known(None, together), Known()
        result = InvocationResult(Status.SUCCEEDED, Datum("string", "r"), {"out": Datum("string", "o")})
        outputs = (("$return", returned), ("out", set_one), ("unset", unset))
        await bindings(outputs=outputs).write(invocation(FN), result)
        assert (returned.written, set_one.written, unset.written) == (
            [Datum("string", "r")],
            [Datum("string", "o")],
            [],
        )

    asyncio.run(scenario())


def test_every_output_that_fails_is_named_and_the_others_are_written() -> None:
    good = Known()
    result = InvocationResult(Status.SUCCEEDED, outputs={name: Datum("int", 1) for name in "abc"})
    outputs = (("a", Known(AWAY)), ("b", good), ("c", Known(AWAY)))
    with pytest.raises(BindingFailure, match=r"^output binding 'a': The store.*\noutput binding 'c': The store"):
        asyncio.run(bindings(outputs=outputs).write(invocation(FN), result))
    assert good.written == [Datum("int", 1)]


def test_types_that_are_known_by_name_only_fail_when_they_are_needed() -> None:
    kafka = FN.bindings[1]
    with pytest.raises(BindingFailure, match="input binding 'kafka': it is of type 'kafka', which this version"):
        asyncio.run(bindings((("kafka", UnservedInput(kafka)),)).read(invocation(FN)))
    given = InvocationResult(Status.SUCCEEDED, outputs={"kafka": Datum("string", "x")})
    with pytest.raises(BindingFailure, match="nothing was written"):
        asyncio.run(bindings(outputs=(("kafka", UnservedOutput(kafka)),)).write(invocation(FN), given))
    nothing = InvocationResult(Status.SUCCEEDED)
    asyncio.run(bindings(outputs=(("kafka", UnservedOutput(kafka)),)).write(invocation(FN), nothing))


def test_streams_that_were_not_taken_are_given_up() -> None:
    stream = Stream()
    result = InvocationResult(Status.SUCCEEDED, outputs={"a": Datum("bytes", stream)})
    with pytest.raises(BindingFailure):
        asyncio.run(bindings(outputs=(("a", Known(AWAY)),)).write(invocation(FN), result))
    assert stream.closed
    stream = Stream()
    call = invocation(FN)
    asyncio.run(bindings().finish(call._replace(inputs=(*call.inputs, ("a", Datum("bytes", stream))))))
    assert stream.closed
