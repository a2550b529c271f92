from __future__ import annotations

from collections.abc import Iterator

import pytest

from funchost.cli.question import Terminal, ask, choose, confirm
from funchost.errors import FuncHostError


class Person:
    """Answers with these lines, then ends the input; keeps what was shown."""

    def __init__(self, *answers: str) -> None:
        self._answers: Iterator[str] = iter(answers)
        self.seen = ""

    @property
    def terminal(self) -> Terminal:
        return Terminal(lambda: next(self._answers, ""), self._show)

    def _show(self, text: str) -> None:
        self.seen += text


def refuse_x(answer: str) -> None:
    if answer == "x":
        raise ValueError("x is no good.")


def test_a_wrong_answer_is_asked_for_again() -> None:
    person = Person("x\n", " y \n")
    assert ask(person.terminal, "Function name", "z", refuse_x) == "y"
    assert person.seen == "Function name: [z] x is no good.\nFunction name: [z] "


def test_an_empty_answer_is_the_default() -> None:
    assert ask(Person("\n").terminal, "Function name", "z", refuse_x) == "z"


@pytest.mark.parametrize(
    ("answers", "index"), [(["2\n"], 1), (["B\n"], 1), (["0\n", "3\n", "c\n", "\n", "²\n", "1\n"], 0)]
)
def test_one_of_several_by_number_or_text(answers: list[str], index: int) -> None:
    person = Person(*answers)
    assert choose(person.terminal, "template", ["a", "b"]) == index
    assert person.seen.startswith("Select a number for template:\n1. a\n2. b\nChoose option: ")
    assert person.seen.count("type a number from 1 to 2") == len(answers) - 1


@pytest.mark.parametrize(("answers", "yes"), [(["y\n"], True), (["\n"], False), (["perhaps\n", "NO\n"], False)])
def test_yes_or_no(answers: list[str], yes: bool) -> None:
    assert confirm(Person(*answers).terminal, "Overwrite") is yes


def test_the_end_of_the_input_is_an_error() -> None:
    for question in (
        lambda person: ask(person, "Function name", "z", refuse_x),
        lambda person: choose(person, "template", ["a"]),
        lambda person: confirm(person, "Overwrite"),
    ):
        with pytest.raises(FuncHostError, match="The input ended before this was answered"):
            question(Person("x\n").terminal)
