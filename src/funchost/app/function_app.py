"""FunctionApp, Function and Binding: what everything after discovery works on, whatever the programming model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from funchost.app.host_json import HostConfig

RETURN_NAME = "$return"


class Direction(Enum):
    """Where a binding's value flows, seen from the function."""

    IN = "in"
    OUT = "out"
    INOUT = "inout"


class Model(Enum):
    """How the app declares its functions."""

    FUNCTION_JSON = "function.json"
    DECORATORS = "decorators"


@dataclass(frozen=True, slots=True)
class Binding:
    """One entry of `bindings`.

    Args:
        name: parameter name, or ``$return``.
        type: as written, e.g. ``httpTrigger``; compare with `kind`.
        direction: see Direction.
        data_type: lower-cased ``string``, ``binary``, ``stream``, or None when unspecified.
        properties: every other property, keys lower-cased, values as read after ``%Setting%`` resolution.
        raw: the entry as the app wrote it (admin API, worker).
    """

    name: str
    type: str
    direction: Direction
    data_type: str | None = None
    properties: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    raw: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def kind(self) -> str:
        """The type, lower-cased: ``httptrigger``."""
        return self.type.lower()

    @property
    def is_trigger(self) -> bool:
        return self.kind.endswith("trigger")

    def spelling(self, prop: str) -> str:
        """Return a property's name as the app wrote it, `prop` itself if it is not there; case does not count."""
        return next((key for key in self.raw if key.lower() == prop.lower()), prop)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When and how often a failed invocation is tried again.

    Args:
        max_retries: attempts after the first; -1 = for ever.
        fixed_delay: seconds between attempts, None for the exponential strategy.
        minimum: first delay of the exponential strategy, seconds.
        maximum: upper limit of the exponential strategy, seconds.
    """

    max_retries: int
    fixed_delay: float | None = None
    minimum: float = 0.0
    maximum: float = 0.0


@dataclass(frozen=True)
class Function:
    """One function of the app, checked by the host; whether its code loads is the worker's answer.

    Args:
        name: unique in the app, compared case-insensitively.
        directory: absolute folder of the function (v2: the app root).
        script_file: absolute path of the file that holds it.
        entry_point: Python name of the function inside the file, None = ``main`` (function.json model only).
        bindings: in the app's order.
        model: how it was declared.
        retry: its own policy, else the app's, else None.
        disabled: switched off by an app setting; still loaded, still runs through the admin API.
        source: the file that declares it (function.json or function_app.py).
        config: the declaration as read, for the admin API.
    """

    name: str
    directory: Path
    script_file: Path
    entry_point: str | None
    bindings: tuple[Binding, ...]
    model: Model
    source: Path
    retry: RetryPolicy | None = None
    disabled: bool = False
    config: Mapping[str, object] = field(default_factory=dict)

    @cached_property
    def trigger(self) -> Binding:
        """The only trigger binding; validation guarantees that it is there."""
        return next(b for b in self.bindings if b.is_trigger)

    @cached_property
    def is_http(self) -> bool:
        return self.trigger.kind == "httptrigger"

    @cached_property
    def http_output(self) -> str | None:
        """Name of the `http` output binding (``$return`` or a parameter), None if there is none."""
        return next((b.name for b in self.bindings if b.kind == "http"), None)

    @cached_property
    def inputs(self) -> tuple[Binding, ...]:
        """Input bindings besides the trigger."""
        return tuple(b for b in self.bindings if b.direction is Direction.IN and not b.is_trigger)

    @cached_property
    def outputs(self) -> tuple[Binding, ...]:
        """Output bindings besides `http`."""
        return tuple(b for b in self.bindings if b.direction is Direction.OUT and b.kind != "http")

    @cached_property
    def log_category(self) -> str:
        return f"Function.{self.name}"


@dataclass(frozen=True, slots=True)
class FunctionError:
    """Why one function cannot run.

    Args:
        function: its name.
        message: one or more lines; a Python failure carries its whole traceback.
        path: the file to look at, None if no file is to blame.
        line: 1-based line in that file.
    """

    function: str
    message: str
    path: Path | None = None
    line: int | None = None


@dataclass(frozen=True)
class FunctionApp:
    """A function app as found: what runs and what cannot.

    Args:
        root: absolute app folder, the one with host.json.
        host: host.json with overrides.
        functions: sorted by name, case-insensitively; includes disabled ones.
        errors: functions that cannot run, by name.
        model: the programming model in use, None when the app has no function at all.
        warnings: sentences for the console, e.g. a mixed app.
    """

    root: Path
    host: HostConfig
    functions: tuple[Function, ...]
    errors: Mapping[str, FunctionError] = field(default_factory=dict)
    model: Model | None = None
    warnings: tuple[str, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, Function]:
        """Functions by lower-cased name."""
        return {f.name.lower(): f for f in self.functions}

    def find(self, name: str) -> tuple[Function | None, FunctionError | None]:
        """Return the function called `name` in any case, and why it does not run; None and None if there is none.

        Two names may differ in case only, then one of them is in error: the exact name comes first.
        """
        function, error = self.by_name.get(name.lower()), self.errors.get(name)
        if error is not None:
            return function if function is not None and function.name == name else None, error
        if function is not None:
            return function, self.errors.get(function.name)
        return None, next((error for key, error in self.errors.items() if key.lower() == name.lower()), None)
