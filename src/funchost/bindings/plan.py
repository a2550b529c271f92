"""Binding plans: what every function reads before it runs and writes afterwards. Made when the app is read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from funchost.app.function_app import Binding, Function, FunctionApp, FunctionError
from funchost.app.problem import DeclarationProblem
from funchost.bindings.kind import Declared, Input, Kind, Output
from funchost.bindings.unserved import UnservedInput, UnservedOutput
from funchost.settings import Settings


@dataclass(frozen=True)
class FunctionPlan:
    """The bindings of one function besides its trigger and `http`, by binding name in the app's order."""

    inputs: tuple[tuple[str, Input], ...]
    outputs: tuple[tuple[str, Output], ...]


_NO_PLANS: Mapping[str, FunctionPlan] = MappingProxyType({})
_NO_ERRORS: Mapping[str, FunctionError] = MappingProxyType({})


@dataclass(frozen=True)
class BindingPlans:
    """The plans of an app.

    Args:
        functions: by function name; functions without such bindings have no entry.
        errors: functions whose bindings cannot be planned, by name; they do not run.
    """

    functions: Mapping[str, FunctionPlan] = field(default_factory=lambda: _NO_PLANS)
    errors: Mapping[str, FunctionError] = field(default_factory=lambda: _NO_ERRORS)


def plan_bindings(app: FunctionApp, settings: Settings, kinds: Mapping[str, Kind] | None = None) -> BindingPlans:
    """Return how the bindings of every function are read and written; nothing is opened.

    A function that is in error already is left out. One whose binding has a malformed expression, a missing property
    or a connection without setting gets an error that names binding, property and setting.

    Args:
        kinds: by lower-cased binding type; None = all that there are.
    """
    bound = [f for f in app.functions if f.name not in app.errors and (f.inputs or f.outputs)]
    if not bound:
        return BindingPlans()
    if kinds is None:
        # The kinds take a while to import, which apps without bindings do not spend.
        from funchost.bindings.registry import KINDS

        kinds = KINDS
    plans: dict[str, FunctionPlan] = {}
    errors: dict[str, FunctionError] = {}
    for function in bound:
        try:
            plans[function.name] = _plan(function, app, settings, kinds)
        except DeclarationProblem as problem:
            errors[function.name] = FunctionError(function.name, problem.message, function.source)
    return BindingPlans(MappingProxyType(plans), MappingProxyType(errors))


def _plan(function: Function, app: FunctionApp, settings: Settings, kinds: Mapping[str, Kind]) -> FunctionPlan:
    """Raises: DeclarationProblem."""

    def declared(binding: Binding) -> Declared:
        return Declared(function, binding, app.host, settings)

    inputs: list[tuple[str, Input]] = []
    for binding in function.inputs:
        kind = kinds.get(binding.kind)
        planned = UnservedInput(binding) if kind is None else kind.plan_input(declared(binding))
        inputs.append((binding.name, planned))
    outputs: list[tuple[str, Output]] = []
    for binding in function.outputs:
        kind = kinds.get(binding.kind)
        written = UnservedOutput(binding) if kind is None else kind.plan_output(declared(binding))
        outputs.append((binding.name, written))
    return FunctionPlan(tuple(inputs), tuple(outputs))
