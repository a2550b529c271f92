"""How results of the commands about function apps are shown: tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence

import click

from funchost.cli.grammar import ToolOption

FORMATS = ("json", "table", "tsv", "none")
_SHOWN = "|".join(FORMATS)

Document = Mapping[str, object]
Columns = Mapping[str, str]
"""Title of each column -> the key of its values."""


def output_option() -> ToolOption:
    return ToolOption(
        "output", "--output", "-o", type=click.Choice(FORMATS, case_sensitive=False), metavar=_SHOWN,
        help="Default: a table on a terminal, else json.",
    )  # fmt: skip


def unused_output_option() -> ToolOption:
    """The same option for a command without a result: scripts give it to every command."""
    return ToolOption(
        "output", "--output", "-o", type=click.Choice(FORMATS, case_sensitive=False), metavar=_SHOWN,
        expose_value=False, help="Without effect: this command has no result.",
    )  # fmt: skip


def show_list(documents: Sequence[Document], columns: Columns, output: str | None) -> None:
    """Print several documents.

    Args:
        documents: what json prints whole.
        columns: what tables show of them.
        output: one of FORMATS, None = as stdout asks for.
    """
    chosen = _chosen(output)
    if chosen == "json":
        click.echo(_json(list(documents)))
    elif chosen == "tsv":
        for document in documents:
            click.echo("\t".join(cell(document.get(key)).replace("\t", " ") for key in columns.values()))
    elif chosen == "table":
        for line in table(documents, columns):
            click.echo(line)


def show_one(document: Document, output: str | None) -> None:
    """Print one document; a table has a line for each of its properties."""
    chosen = _chosen(output)
    if chosen == "json":
        click.echo(_json(document))
    elif chosen == "tsv":
        click.echo("\t".join(cell(value).replace("\t", " ") for value in document.values()))
    elif chosen == "table":
        width = max((len(key) for key in document), default=0)
        for key, value in document.items():
            click.echo(f"{key:<{width}}  {cell(value)}".rstrip())


def table(documents: Sequence[Document], columns: Columns) -> Iterator[str]:
    """Return the lines of a table; columns are as wide as their widest cell."""
    rows = [list(columns), *([cell(document.get(key)) for key in columns.values()] for document in documents)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(columns))]
    rows.insert(1, ["-" * width for width in widths])
    for row in rows:
        yield "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip()


def cell(value: object) -> str:
    """Return how a value looks in a table, on one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(cell(one) for one in value)
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return "".join(character if character.isprintable() else " " for character in text)


def _chosen(output: str | None) -> str:
    return output or ("table" if sys.stdout.isatty() else "json")


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)
