"""Bindings of types that are known by name only: a call that needs one fails with a sentence instead of losing data."""

from __future__ import annotations

from funchost.app.binding_expression import Template
from funchost.app.function_app import Binding
from funchost.app.invocation import Datum
from funchost.bindings.failure import BindingFailure
from funchost.bindings.kind import BindingCall


class UnservedInput:
    """An input that nothing reads."""

    templates: tuple[Template, ...] = ()

    def __init__(self, binding: Binding) -> None:
        self._type = binding.type

    async def read(self, call: BindingCall) -> Datum:
        """Raises: BindingFailure."""
        raise BindingFailure(
            f"it is of type '{self._type}', which this version of funchost does not read; remove the binding or use "
            "the service's own client in the function"
        )


class UnservedOutput:
    """An output that nothing writes; harmless while the function gives it no value."""

    templates: tuple[Template, ...] = ()

    def __init__(self, binding: Binding) -> None:
        self._type = binding.type

    async def write(self, call: BindingCall, value: Datum) -> None:
        """Raises: BindingFailure."""
        raise BindingFailure(
            f"it is of type '{self._type}', which this version of funchost does not write; nothing was written"
        )
