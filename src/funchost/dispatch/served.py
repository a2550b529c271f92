"""Bindings that no code serves yet: an invocation that needs one fails with a sentence instead of losing data."""

from __future__ import annotations

from funchost.app.function_app import RETURN_NAME, Function
from funchost.app.invocation import InvocationResult


def unserved_input(function: Function) -> str | None:
    """Return why the function cannot be called, None if it can."""
    if not function.inputs:
        return None
    binding = function.inputs[0]
    return (
        f"input binding '{binding.name}' is of type '{binding.type}', which this version of funchost does not read; "
        "remove the binding or use the service's own client in the function"
    )


def unserved_output(function: Function, result: InvocationResult) -> str | None:
    """Return why the result's values cannot be delivered, None if they can (or there are none)."""
    for binding in function.outputs:
        value = result.return_value if binding.name == RETURN_NAME else result.outputs.get(binding.name)
        if value is not None and value.kind != "none":
            return (
                f"output binding '{binding.name}' is of type '{binding.type}', which this version of funchost does "
                "not write; nothing was written"
            )
    return None
