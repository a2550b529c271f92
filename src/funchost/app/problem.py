"""DeclarationProblem: what is wrong with one function's declaration, before it is known in which file it stands."""

from __future__ import annotations

from funchost.app.json_positions import Key


class DeclarationProblem(ValueError):
    """A declaration cannot be used.

    Args:
        message: sentence for the author, with what was found.
        keys: way to the property inside the declaration, e.g. ``("bindings", 0, "name")``.
    """

    def __init__(self, message: str, keys: tuple[Key, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.keys = keys
