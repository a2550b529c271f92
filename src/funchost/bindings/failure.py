"""BindingFailure: why the value of a binding could not be read or written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from funchost.errors import FuncHostError


class BindingFailure(Exception):
    """A value could not be read or written; the message names the target and the reason."""


@contextmanager
def about(target: str) -> Iterator[None]:
    """Make what goes wrong inside a BindingFailure that names `target`, e.g. ``blob 'samples/7'``.

    Raises:
        BindingFailure: in place of another one, StorageError, other errors of funchost, OSError and ValueError.
    """
    try:
        yield
    except (BindingFailure, FuncHostError, OSError, ValueError) as error:
        raise BindingFailure(f"{target}: {error}") from error
