"""Bindings: the planned bindings of an app at work, around each call of a function that has some."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from funchost.app.binding_expression_data import binding_data, needs_body
from funchost.app.function_app import RETURN_NAME
from funchost.app.invocation import Datum, HttpRequestData, Invocation, InvocationResult
from funchost.bindings.failure import BindingFailure
from funchost.bindings.kind import AccountSource, BindingCall, Output, Resources
from funchost.bindings.plan import BindingPlans, FunctionPlan
from funchost.bindings.tokens import Tokens
from funchost.errors import FuncHostError

if TYPE_CHECKING:
    import aiohttp

LONG_BODY = 256 * 1024
"""Bytes of an HTTP body over which its JSON is not read on the event loop."""

T = TypeVar("T")


class FunctionBindings:
    """What one function reads and writes."""

    def __init__(self, plan: FunctionPlan, resources: Resources) -> None:
        self._plan = plan
        self._resources = resources
        templates = [template for _, planned in plan.inputs for template in planned.templates]
        templates += [template for _, planned in plan.outputs for template in planned.templates]
        self._with_data = tuple(template for template in templates if template.needs_data)

    def needs_body(self, invocation: Invocation) -> bool:
        """Return whether an expression may ask for a member of an HTTP body."""
        return any(needs_body(template, invocation) for template in self._with_data)

    async def read(self, invocation: Invocation) -> Invocation:
        """Return the invocation with the values of all input bindings, read at the same time.

        Raises:
            BindingFailure: names the binding that could not be read; what the others hold open is given up.
        """
        inputs = self._plan.inputs
        if not inputs:
            return invocation
        call = await self._call(invocation)
        reads = [_named("input", name, planned.read(call)) for name, planned in inputs]
        data = await _together(reads)
        failure = next((datum for datum in data if isinstance(datum, BaseException)), None)
        values = [datum for datum in data if isinstance(datum, Datum)]
        if failure is not None:
            for datum in values:
                await _give_up(datum)
            raise failure
        read = tuple((name, datum) for (name, _), datum in zip(inputs, values, strict=True))
        return invocation._replace(inputs=invocation.inputs + read)

    async def write(self, invocation: Invocation, result: InvocationResult) -> None:
        """Write what the function gave to its output bindings, at the same time.

        Raises:
            BindingFailure: names every binding that could not be written; the others have been.
        """
        call = await self._call(invocation)
        writes = []
        for name, planned in self._plan.outputs:
            value = result.return_value if name == RETURN_NAME else result.outputs.get(name)
            if value is not None and value.kind != "none":
                writes.append(_named("output", name, _written(planned, call, value)))
        outcomes: Sequence[object] = await _together(writes) if writes else ()
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        if len(failures) == 1:
            raise failures[0]
        if failures:
            raise BindingFailure("\n".join(map(str, failures)))

    async def finish(self, invocation: Invocation) -> None:
        """Let go of inputs that were opened and never sent to a worker."""
        for _, datum in invocation.inputs:
            if datum.kind == "bytes":
                await _give_up(datum)

    async def _call(self, invocation: Invocation) -> BindingCall:
        if not self._with_data:
            return BindingCall(invocation, self._resources, {})
        with_body = self.needs_body(invocation)
        if with_body and _body_size(invocation) > LONG_BODY:
            data = await asyncio.to_thread(binding_data, invocation)
        else:
            data = binding_data(invocation, with_body=with_body)
        return BindingCall(invocation, self._resources, data)


class Bindings:
    """The bindings of one loaded version of an app.

    Args:
        plans: see plan_bindings.
        accounts: opens storage accounts; stays the caller's to close.
    """

    def __init__(self, plans: BindingPlans, accounts: AccountSource) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._tokens = Tokens()
        resources = Resources(accounts, self._http_session, self._tokens)
        self.functions: Mapping[str, FunctionBindings] = {
            name: FunctionBindings(plan, resources) for name, plan in plans.functions.items()
        }

    async def close(self) -> None:
        """End connections that outputs have opened for themselves."""
        await self._tokens.close()
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _http_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            import aiohttp  # 100 ms that most apps do not need

            self._session = aiohttp.ClientSession()
        return self._session


def _body_size(invocation: Invocation) -> int:
    for _, datum in invocation.inputs:
        if isinstance(datum.value, HttpRequestData) and isinstance(datum.value.body, bytes):
            return len(datum.value.body)
    return 0


async def _together(coroutines: Sequence[Coroutine[Any, Any, T]]) -> list[T | BaseException]:
    """Return results or exceptions in order; one alone runs in the caller's task."""
    if len(coroutines) > 1:
        return list(await asyncio.gather(*coroutines, return_exceptions=True))
    try:
        return [await coroutines[0]]
    except BindingFailure as failure:
        return [failure]


async def _named(direction: str, name: str, work: Awaitable[T]) -> T:
    """Raises: BindingFailure that names the binding."""
    try:
        return await work
    except (BindingFailure, FuncHostError, OSError, ValueError) as error:
        raise BindingFailure(f"{direction} binding '{name}': {error}") from error


async def _written(output: Output, call: BindingCall, value: Datum) -> None:
    try:
        await output.write(call, value)
    finally:
        # The worker sends one stream after the other: it must not wait for one that nobody takes.
        await _give_up(value)


async def _give_up(datum: Datum) -> None:
    """Let go of a stream; one that has been read to its end has nothing to let go of."""
    close = getattr(datum.value, "aclose", None)
    if close is not None:
        await close()
