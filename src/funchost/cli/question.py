"""Questions to the person at the terminal: a text, one of several, yes or no.

A wrong answer is asked for again; the end of the input is an error, so nothing ever asks for ever.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from funchost.errors import FuncHostError


class Terminal(NamedTuple):
    """Where questions go and answers come from.

    Args:
        read: returns one line with its end, or nothing at the end of the input.
        write: shows a text at once.
    """

    read: Callable[[], str]
    write: Callable[[str], None]


def terminal() -> Terminal | None:
    """Return the terminal that this process can ask at, None if there is none."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()

    return Terminal(sys.stdin.readline, write)


def ask(terminal: Terminal, question: str, default: str, check: Callable[[str], None]) -> str:
    """Return the answer to a question; an empty one means the default.

    Args:
        check: raises ValueError, with a sentence, for an answer that cannot be used.

    Raises:
        FuncHostError: the input has ended.
    """
    while True:
        terminal.write(f"{question}: [{default}] ")
        answer = _answer(terminal, question) or default
        try:
            check(answer)
        except ValueError as error:
            terminal.write(f"{error}\n")
        else:
            return answer


def choose(terminal: Terminal, subject: str, options: Sequence[str]) -> int:
    """Return the index of the option that is chosen by its number or its text.

    Raises:
        FuncHostError: the input has ended.
    """
    lines = [f"{number}. {option}\n" for number, option in enumerate(options, 1)]
    terminal.write("".join([f"Select a number for {subject}:\n", *lines]))
    by_text = {option.lower(): index for index, option in enumerate(options)}
    while True:
        terminal.write("Choose option: ")
        answer = _answer(terminal, subject)
        if answer.isascii() and answer.isdigit() and 1 <= int(answer[:9]) <= len(options):
            return int(answer[:9]) - 1
        if (index := by_text.get(answer.lower())) is not None:
            return index
        terminal.write(f"{answer!r} is none of them; type a number from 1 to {len(options)}.\n")


def confirm(terminal: Terminal, question: str) -> bool:
    """Return whether the answer is yes; an empty one means no.

    Raises:
        FuncHostError: the input has ended.
    """
    while True:
        terminal.write(f"{question} [y/n]? [n] ")
        answer = _answer(terminal, question).lower()
        if answer in ("y", "yes"):
            return True
        if answer in ("", "n", "no"):
            return False
        terminal.write("Type y or n.\n")


def _answer(terminal: Terminal, question: str) -> str:
    line = terminal.read()
    if not line:
        terminal.write("\n")
        raise FuncHostError(f"The input ended before this was answered: {question}.")
    return line.strip()
