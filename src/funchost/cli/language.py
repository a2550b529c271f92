"""Which language a project is for: every one but Python is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from funchost.cli.grammar import ToolOption
from funchost.cli.start_options import OTHER_LANGUAGES
from funchost.errors import FuncHostError

_HINT = "Leave the option out, or say python."


def language_options() -> list[ToolOption]:
    """Return the switches that name a language."""
    return [
        ToolOption("python", "--python", is_flag=True, help="The project is written in Python (it always is)."),
        *(ToolOption(name, *flags, is_flag=True, hidden=True) for name, *flags in OTHER_LANGUAGES),
    ]


def check_language(given: dict[str, Any], named: Mapping[str, str | None]) -> None:
    """Refuse every language but Python, and take the switches of languages out of `given`.

    Args:
        given: options of the command line.
        named: names of languages by the option that names them.

    Raises:
        FuncHostError: another language is named.
    """
    from funchost.cli.app_environment import PYTHON_NAMES

    given.pop("python", None)
    for name, flag, *_ in OTHER_LANGUAGES:
        if given.pop(name, False):
            raise FuncHostError(f"{flag} is not possible: this tool makes Python projects.", hint="Leave it out.")
    for option, language in named.items():
        if language is not None and language.strip().lower() not in PYTHON_NAMES:
            raise FuncHostError(f"{option} {language} is not possible: this tool makes Python projects.", hint=_HINT)
