"""BindingFailure: why the value of a binding could not be read or written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from funchost.errors import FuncHostError

_LONGEST = 2000
"""Characters of a target, or a reason, that are shown: a message that stands for a name may have 64 KiB."""


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
        raise BindingFailure(f"{_shown(target)}: {_shown(str(error))}") from error


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:200]}... ({len(text)} characters)"
