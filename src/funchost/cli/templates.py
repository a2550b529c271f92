"""`func templates`: what functions can be made from."""

from __future__ import annotations

from typing import Any

import click

from funchost.cli.command_group import group
from funchost.cli.grammar import ToolCommand, ToolOption
from funchost.cli.language import check_language, language_options

EXAMPLES = """\b
Examples:
  func templates list
  func new --template "Queue trigger" --name take_order"""


def run_list(language: str | None, **given: Any) -> None:
    """List the templates of `func new`, by programming model."""
    check_language(given, {"--language": language})
    from funchost.app.function_app import Model
    from funchost.projects.templates import not_served, served

    models = ((Model.DECORATORS, "Python Templates:"), (Model.FUNCTION_JSON, "Python Templates (v1 model):"))
    for model, heading in models:
        click.echo("\n".join([heading, *(f"  {template.name}" for template in served(model)), ""]))
    both = {name: None for model, _ in models for name in not_served(model)}
    click.echo("\n".join(["Not runnable by this version yet:", *(f"  {name}" for name in both)]))


templates = group(
    "templates",
    "What functions can be made from.",
    ToolCommand(
        "list",
        params=[
            ToolOption("language", "-l", "--language", metavar="NAME", help="Only python is possible."),
            *language_options(),
        ],
        callback=run_list,
        help=run_list.__doc__,
        epilog=EXAMPLES,
    ),
)
