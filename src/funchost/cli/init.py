"""`func init`: begin a project."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funchost.cli.folder_option import project_options
from funchost.cli.grammar import ToolCommand, ToolOption
from funchost.cli.init_options import InitChoices, init_options, take_init_choices, without_effect
from funchost.cli.language import language_options
from funchost.errors import UsageError
from funchost.settings import process_environment

if TYPE_CHECKING:
    from funchost.projects.new_project import ProjectPlan
    from funchost.projects.repository import Repository

EXAMPLES = """\b
Examples:
  func init                        a project in this folder
  func init shop --docker          a project in the folder shop, with a Dockerfile
  func init shop --model v1        functions in folders, with function.json
  func init shop --model v1 --guide-layout
                                   the app in shop/__app__, its tests in shop/tests

Files that exist already are left as they are."""


def run_init(folder: str | None, script_root: Path | None, **given: Any) -> None:
    """Begin a project in FOLDER, or in the current folder. It is a Python project; files that exist stay."""
    for notice in without_effect(given, _OPTIONS):
        click.echo(notice, err=True)
    choices = take_init_choices(given)
    root = (Path.cwd() / (script_root or "") / (folder or "")).absolute()
    begin_project(root, choices)
    if not choices.docker_only:
        click.echo(_next(root / "__app__" if choices.guide_layout else root), err=True)


def _next(app: Path) -> str:
    go = "" if app == Path.cwd() else f"go to {app}; "
    return f"Next: {go}func new adds a function, func start runs the app."


def begin_project(root: Path, choices: InitChoices) -> None:
    """Write the files of a new project that are not there yet, and say which.

    Raises:
        FuncHostError: an option asks for something impossible, or a file cannot be written.
    """
    from funchost.projects.file_writing import write_new_file
    from funchost.projects.new_project import project_files

    plan = _plan(root, choices)
    repository = _repository(root) if choices.source_control else None
    for file in project_files(plan):
        path = root / file.path
        shown = str(path) if "/" in file.path else file.path
        if write_new_file(path, file.text):
            click.echo(f"Writing {shown}")
        else:
            click.echo(f"{shown} already exists. Skipped!")
    if repository is not None:
        click.echo(repository.begin(), err=True)


def _repository(root: Path) -> Repository:
    from funchost.projects.repository import Repository

    return Repository.find(root)


def _plan(root: Path, choices: InitChoices) -> ProjectPlan:
    from funchost.app.function_app import Model
    from funchost.projects.new_project import ProjectPlan, model_of

    model = model_of(choices.model or "v2")
    if choices.guide_layout and model is not Model.FUNCTION_JSON:
        raise UsageError("--guide-layout is for the v1 model.", hint="Add --model v1.")
    environment = process_environment().get("VIRTUAL_ENV")
    inside = environment and Path(environment).resolve().parent == root.resolve()
    return ProjectPlan(
        model=model,
        bundle=not choices.no_bundle,
        channel=choices.bundles_channel,
        docs=not choices.no_docs,
        docker=choices.docker or choices.docker_only,
        project=not choices.docker_only,
        guide_layout=choices.guide_layout,
        environment=Path(environment).name if environment and inside else None,
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
    )


_OPTIONS = [
    *init_options(),
    ToolOption("language", "-l", "--language", metavar="NAME", help="Only python is possible."),
    ToolOption("force", "--force", is_flag=True, no_effect="a folder need not be empty, and no file is replaced."),
    *language_options(),
    *project_options("Work in this folder, not in the current one."),
]

init = ToolCommand(
    "init",
    params=[click.Argument(["folder"], required=False), *_OPTIONS],
    callback=run_init,
    help=run_init.__doc__,
    short_help="Begin a project.",
    epilog=EXAMPLES,
)
