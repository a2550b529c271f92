"""Which names a new function may have. Pure."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection
from itertools import count

from funchost.app.function_app import Model
from funchost.app.problem import DeclarationProblem
from funchost.app.validation import check_name

_DECORATED = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,126}[A-Za-z0-9]", re.ASCII)


def check_function_name(name: str, model: Model) -> None:
    """Raise ValueError unless a new function of this model may be called `name`; the text is a sentence.

    A decorated function is called like the Python function, so its name follows the rules of both.
    """
    if model is Model.DECORATORS and not _DECORATED.fullmatch(name):
        raise ValueError(
            f"Function Name is not valid. '{name}' must have 2 to 128 letters, digits and underscores, begin with a "
            "letter and end with a letter or digit."
        )
    try:
        check_name(name)
    except DeclarationProblem as problem:
        raise ValueError(f"Function Name is not valid. {problem}") from None
    if model is Model.FUNCTION_JSON:
        return
    if keyword.iskeyword(name):
        raise ValueError(f"Function Name is not valid. '{name}' is a word of Python itself.")


def free_name(name: str, taken: Collection[str]) -> str:
    """Return `name`, with a number behind it if it is taken.

    Args:
        taken: in lower case.
    """
    numbered = (f"{name}{number}" for number in count(1))
    return name if name.lower() not in taken else next(each for each in numbered if each.lower() not in taken)
