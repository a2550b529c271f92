"""How arguments may be written: the forms that the existing tool accepts, turned into the ones that click reads.

``--Port 7071``, ``--port=7071``, ``--port:7071`` and ``-p7071`` are the same; a switch may carry a value
(``--verbose false``); an option of many values takes all words up to the next option (``--functions a b``); words that
start with a dash are passed behind a double dash (``--language-worker -- "-m debugpy"``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import click

_ON = frozenset({"true", "on", "1", "yes"})
_OFF = frozenset({"false", "off", "0", "no"})
_SEPARATORS = "=:"

LONGEST_SENTENCE = 200
HELP_FLAGS = ("-h", "--help", "-?")


def number(kind: type[int] | type[float], low: float, high: float, name: str) -> Callable[[str], float]:
    """Return what reads a number within bounds.

    Args:
        kind: int or float.
        low: least value.
        high: largest value.
        name: what the number is, for messages: ``a port number``.
    """

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise click.BadParameter(f"{text!r} is not {name} ({low:.15g} to {high:.15g}).")
        return value

    return read


class ToolOption(click.Option):
    """An option in all its spellings; the first long flag is the one that help shows.

    Args:
        flags: spellings; parameter names follow from `name`.
        name: parameter name of the command's function.
        no_effect: why the option changes nothing here, a sentence without its subject; None = it does.
        commas: whether commas separate the values of an option of many; False = a value may hold some.
        settings: as for click.Option.
    """

    def __init__(
        self, name: str, *flags: str, no_effect: str | None = None, commas: bool = True, **settings: Any
    ) -> None:
        super().__init__([name, *flags], **settings)
        self.no_effect = no_effect
        self.commas = commas

    @property
    def shown_flag(self) -> str:
        return next((flag for flag in self.opts if flag.startswith("--")), self.opts[0])

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        if self.hidden:
            return None
        short = [flag for flag in self.opts if not flag.startswith("--")]
        value = "" if self.is_flag else f" {self.metavar or 'VALUE'}"
        return ", ".join([*short, self.shown_flag]) + value, self.help or ""


class ToolCommand(click.Command):
    """A command whose arguments may be written as the existing tool accepts them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = [p for p in self.get_params(ctx) if isinstance(p, ToolOption)]
        try:
            return super().parse_args(ctx, canonical(args, options))
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def get_short_help_str(self, limit: int = 0) -> str:
        """Return the first sentence, all of it: the list of commands has more lines rather than half sentences."""
        return super().get_short_help_str(LONGEST_SENTENCE)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        options = [p for p in self.get_params(ctx) if isinstance(p, click.Option)]
        without_effect = [p for p in options if isinstance(p, ToolOption) and p.no_effect]
        effective = [p for p in options if p not in without_effect]
        with formatter.section("Options"):
            formatter.write_dl([record for p in effective if (record := p.get_help_record(ctx))])
        if without_effect:
            names = ", ".join(p.shown_flag for p in without_effect if isinstance(p, ToolOption))
            formatter.write_paragraph()
            formatter.write_text(f"Accepted without effect: {names}")


def canonical(arguments: Sequence[str], options: Sequence[ToolOption]) -> list[str]:
    """Return `arguments` with every known option as ``--flag`` or ``--flag=value`` in the spelling help shows.

    Unknown options stay as they are: naming them is click's business.

    Raises:
        click.BadOptionUsage: an option lacks its value, or a switch has one that is neither true nor false.
    """
    by_flag = {flag.lower(): option for option in options for flag in option.opts}
    left = deque(arguments)
    result: list[str] = []
    while left:
        word = left.popleft()
        if word == "--":
            return [*result, word, *left]
        flag, value = _split(word, by_flag)
        option = by_flag.get(flag.lower())
        if option is None:
            result.append(word)
        elif option.is_flag:
            result += _switch(option, value, left)
        else:
            values = _values(option, value, left, by_flag)
            if not values:
                raise click.BadOptionUsage(option.shown_flag, f"Option {option.shown_flag!r} needs a value.")
            result += [f"{option.shown_flag}={text}" for text in values]
    return result


def command_first(arguments: Sequence[str], options: Sequence[ToolOption]) -> list[str]:
    """Return `arguments` with options that stand in front of the command moved behind it: ``--verbose start``."""
    by_flag = {flag.lower(): option for option in options for flag in option.opts}
    left = deque(arguments)
    moved: list[str] = []
    while left and (option := by_flag.get(_split(left[0], by_flag)[0].lower())):
        attached = _split(left[0], by_flag)[1] is not None
        moved.append(left.popleft())
        if left and not option.is_flag and not attached:
            moved.append(left.popleft())
    words: list[str] = []
    while left and not left[0].startswith("-"):
        words.append(left.popleft())
    return [*words, *moved, *left]


def _split(word: str, by_flag: dict[str, ToolOption]) -> tuple[str, str | None]:
    """Return flag and attached value; the whole word and None if it is no known flag with a value."""
    if word.startswith("--"):
        ends = [place for separator in _SEPARATORS if (place := word.find(separator)) > 0]
        if ends and word[: min(ends)].lower() in by_flag:
            return word[: min(ends)], word[min(ends) + 1 :]
    elif len(word) > 2 and word[:2].lower() in by_flag and not by_flag[word[:2].lower()].is_flag:
        return word[:2], word[2:].lstrip(_SEPARATORS) if word[2] in _SEPARATORS else word[2:]
    return word, None


def _switch(option: ToolOption, value: str | None, left: deque[str]) -> list[str]:
    if value is None and left and left[0].lower() in _ON | _OFF:
        value = left.popleft()
    if value is None or value.lower() in _ON:
        return [option.shown_flag]
    if value.lower() in _OFF:
        return []
    raise click.BadOptionUsage(option.shown_flag, f"Option {option.shown_flag!r}: {value!r} is not true or false.")


def _values(option: ToolOption, attached: str | None, left: deque[str], by_flag: dict[str, ToolOption]) -> list[str]:
    if not option.multiple:
        return [attached] if attached is not None else _next_value(left, by_flag)
    words = [attached] if attached is not None else []
    while left and not left[0].startswith("-"):
        words.append(left.popleft())
    if not option.commas:
        return words
    return [part for word in words for part in (text.strip() for text in word.split(",")) if part]


def _next_value(left: deque[str], by_flag: dict[str, ToolOption]) -> list[str]:
    if left and left[0] == "--":
        left.popleft()
        return [left.popleft()] if left else []
    if not left or _split(left[0], by_flag)[0].lower() in by_flag:
        return []
    return [left.popleft()]
