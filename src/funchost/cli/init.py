"""`func init`: begin a project."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funchost.cli.grammar import ToolCommand, ToolOption
from funchost.cli.init_options import InitChoices, init_options, take_init_choices, without_effect
from funchost.cli.language import language_options
from funchost.errors import FuncHostError, UsageError
from funchost.settings import process_environment

if TYPE_CHECKING:
    from funchost.projects.new_project import ProjectPlan

GIT_TIMEOUT = 60.0
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
    place = root if folder else None
    if choices.guide_layout:
        place = root / "__app__"
    where = f" in {place}" if place else ""
    click.echo(f'Next{where}: "func new" adds a function, "func start" runs the app.', err=True)


def begin_project(root: Path, choices: InitChoices) -> None:
    """Write the files of a new project that are not there yet, and say which.

    Raises:
        FuncHostError: an option asks for something impossible, or a file cannot be written.
    """
    from funchost.projects.file_writing import write_new_file
    from funchost.projects.new_project import project_files

    plan = _plan(root, choices)
    git = _git() if choices.source_control else None
    for file in project_files(plan):
        path = root / file.path
        shown = str(path) if "/" in file.path else file.path
        if write_new_file(path, file.text):
            click.echo(f"Writing {shown}")
        else:
            click.echo(f"{shown} already exists. Skipped!")
    if git is not None:
        _begin_repository(git, root)


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


def _git() -> str:
    git = shutil.which("git")
    if git is None:
        raise FuncHostError("--source-control needs git, and there is none on PATH.", hint="Leave the option out.")
    return git


def _begin_repository(git: str, root: Path) -> None:
    inside = _run(git, "-C", str(root), "rev-parse", "--is-inside-work-tree")
    if inside.returncode == 0 and inside.stdout.strip() == "true":
        click.echo("The folder is in a git repository already.", err=True)
        return
    made = _run(git, "init", "--quiet", str(root))
    if made.returncode:
        raise FuncHostError(f"git init failed in {root}: {made.stderr.strip()}")
    click.echo(f"Began a git repository in {root}.", err=True)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - git, found on PATH, and our own arguments
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=GIT_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise FuncHostError(f"{' '.join(command[:3])} has not ended within {GIT_TIMEOUT:g} s.") from None


_OPTIONS = [
    *init_options(),
    ToolOption("language", "-l", "--language", metavar="NAME", help="Only python is possible."),
    ToolOption("force", "--force", is_flag=True, no_effect="a folder need not be empty, and no file is replaced."),
    *language_options(),
    ToolOption(
        "script_root",
        "--script-root",
        "--prefix",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Work in this folder, not in the current one.",
    ),
]

init = ToolCommand(
    "init",
    params=[click.Argument(["folder"], required=False), *_OPTIONS],
    callback=run_init,
    help=run_init.__doc__,
    short_help="Begin a project.",
    epilog=EXAMPLES,
)
