"""A declared function, from either programming model, and how it becomes a Function: the checks that both share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from funchost.app import values
from funchost.app.binding import read_binding
from funchost.app.binding_types import is_known, unknown_types_message
from funchost.app.function_app import Binding, Function, Model, RetryPolicy
from funchost.app.host_json import HostConfig
from funchost.app.problem import DeclarationProblem
from funchost.app.retry_policy import RetryProblem, read_retry_policy
from funchost.app.setting_references import may_refer, resolve
from funchost.settings import Settings

_PREFIX = {Model.FUNCTION_JSON: "Error parsing function.json: ", Model.DECORATORS: ""}


@dataclass(frozen=True)
class Declaration:
    """What an app says of one function, not yet checked.

    Args:
        name: its name; already checked.
        directory: see Function.
        script_file: see Function.
        source: file of the declaration.
        model: how it was declared.
        bindings: value of `bindings`.
        entry_point: see Function.
        retry: value of `retry`, None without one.
        config: the declaration for the admin API.
        problem: what is known to be wrong already; the function will not run.
    """

    name: str
    directory: Path
    script_file: Path
    source: Path
    model: Model
    bindings: object
    entry_point: str | None = None
    retry: object = None
    config: Mapping[str, object] = field(default_factory=dict)
    problem: DeclarationProblem | None = None


class Built(NamedTuple):
    """A function and, if it cannot run although its bindings make sense, why."""

    function: Function
    problem: DeclarationProblem | None


def build_function(declaration: Declaration, host: HostConfig, settings: Settings) -> Built:
    """Return the function of a declaration.

    Raises:
        DeclarationProblem: the bindings are so wrong that it is not known what kind of function this is.
    """
    bindings = _bindings(declaration)
    problem = declaration.problem or _unknown_types(bindings, host)
    resolved = list(bindings)
    retry = host.retry
    try:
        for index, binding in enumerate(bindings):
            resolved[index] = _resolve_references(binding, index, settings)
        if declaration.retry is not None:
            retry = _retry(declaration)
    except DeclarationProblem as found:
        problem = problem or found
    function = Function(
        name=declaration.name,
        directory=declaration.directory,
        script_file=declaration.script_file,
        entry_point=declaration.entry_point,
        bindings=tuple(resolved),
        model=declaration.model,
        source=declaration.source,
        retry=retry,
        disabled=settings.is_disabled(declaration.name),
        config=declaration.config,
    )
    return Built(function, problem)


def _bindings(declaration: Declaration) -> tuple[Binding, ...]:
    prefix = _PREFIX[declaration.model]
    entries = declaration.bindings
    if entries is not None and (isinstance(entries, str) or not isinstance(entries, Sequence)):
        raise DeclarationProblem(f"{prefix}'bindings' must be a list, not {values.shown(entries)}.", ("bindings",))
    if not entries:
        raise DeclarationProblem("At least one binding must be declared.", ("bindings",))
    bindings = tuple(read_binding(entry, ("bindings", index), prefix) for index, entry in enumerate(entries))
    _check_triggers(bindings)
    _check_unique_names(bindings)
    return bindings


def _check_triggers(bindings: Sequence[Binding]) -> None:
    triggers = [(index, binding) for index, binding in enumerate(bindings) if binding.is_trigger]
    if not triggers:
        raise DeclarationProblem(
            "No trigger binding specified. A function must have a trigger input binding.", ("bindings",)
        )
    if len(triggers) > 1:
        names = ", ".join(f"'{binding.name}' ({binding.type})" for _, binding in triggers)
        raise DeclarationProblem(
            "Multiple trigger bindings defined. A function can only have a single trigger binding. "
            f"These are triggers: {names}.",
            ("bindings", triggers[1][0]),
        )


def _check_unique_names(bindings: Sequence[Binding]) -> None:
    seen: set[str] = set()
    for index, binding in enumerate(bindings):
        if binding.name in seen:
            raise DeclarationProblem(
                f"Multiple bindings with name '{binding.name}' discovered. Binding names must be unique.",
                ("bindings", index, "name"),
            )
        seen.add(binding.name)


def _unknown_types(bindings: Sequence[Binding], host: HostConfig) -> DeclarationProblem | None:
    unknown = {
        binding.type: index for index, binding in reversed(list(enumerate(bindings))) if not is_known(binding.type)
    }
    if not unknown:
        return None
    message = unknown_types_message(reversed(unknown), bundle=host.extension_bundle is not None)
    return DeclarationProblem(message, ("bindings", min(unknown.values()), "type"))


def _resolve_references(binding: Binding, index: int, settings: Settings) -> Binding:
    properties = dict(binding.properties)
    for name, value in binding.properties.items():
        if isinstance(value, str) and "%" in value and may_refer(name):
            own = next((key for key in binding.raw if key.lower() == name), name)
            try:
                properties[name] = resolve(value, settings.get)
            except ValueError as error:
                raise DeclarationProblem(
                    f"{error} It stands in '{own}' of the binding '{binding.name}'.", ("bindings", index, own)
                ) from error
    return replace(binding, properties=MappingProxyType(properties))


def _retry(declaration: Declaration) -> RetryPolicy:
    if not isinstance(declaration.retry, Mapping):
        raise DeclarationProblem(f"'retry' must be an object, not {values.shown(declaration.retry)}.", ("retry",))
    try:
        return read_retry_policy(declaration.retry, intervals_required=declaration.model is Model.FUNCTION_JSON)
    except RetryProblem as problem:
        raise DeclarationProblem(f"retry.{problem.prop}: {problem}", ("retry", problem.prop)) from problem
