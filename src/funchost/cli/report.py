"""What the tool prints on stderr when a command cannot do its work, and the exit status that goes with it."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import click

from funchost.console import wants_colour
from funchost.errors import ExitCode, FuncHostError

SIGNALLED = 128
"""With the number of a signal, what shells make of a command that it has ended."""
INTERRUPTED = SIGNALLED + 2


def report_error(error: Exception, *, environ: Mapping[str, str], debug: bool) -> int:
    """Print `error: ...` and `hint: ...` for an error that stops a command; return the exit status.

    Args:
        debug: print the traceback too. An error that is not ours always shows its traceback: it is a defect.
    """
    if isinstance(error, FuncHostError):
        message, hint, code = error.message, error.hint, int(error.exit_code)
    elif isinstance(error, click.ClickException):
        message, hint, code = usage_message(error), usage_hint(error), int(ExitCode.USAGE)
    else:
        message, hint, code = f"{type(error).__name__}: {error}", None, int(ExitCode.ERROR)
        debug = True
    colour = wants_colour(sys.stderr.fileno(), environ)
    if debug:
        sys.stderr.write("".join(traceback.format_exception(error)))
    sys.stderr.write(_paint(f"error: {message}", "31", colour) + "\n")
    if hint:
        sys.stderr.write(_paint(f"hint: {hint}", "33", colour) + "\n")
    return code


def usage_message(error: click.ClickException) -> str:
    """Return what is wrong with the command line, one line."""
    if isinstance(error, click.NoSuchOption):
        return f"There is no option {error.option_name}."
    return error.format_message()


def usage_hint(error: click.ClickException) -> str | None:
    """Return what helps with a wrong command line: the nearest option and where help is."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return None
    see = f"'{context.command_path} --help' lists what there is."
    if isinstance(error, click.NoSuchOption):
        flags = [flag for param in context.command.get_params(context) for flag in param.opts if flag.startswith("--")]
        near = nearest(error.option_name, flags)
        takes_words = any(isinstance(param, click.Argument) for param in context.command.get_params(context))
        if takes_words and not error.option_name.startswith("--"):
            return f"A word that begins with a dash comes last, behind '--'. {see}"
        return f"Did you mean {near}? {see}" if near else see
    return see


def nearest(word: str, known: Sequence[str]) -> str | None:
    """Return the known word that looks most like `word`, whatever its case; None if none does."""
    by_lower = {name.lower(): name for name in reversed(known)}
    matches = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[matches[0]] if matches else None


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
