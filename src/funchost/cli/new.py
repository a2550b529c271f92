"""`func new`: a function from a template."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funchost.cli.folder_option import project_options
from funchost.cli.grammar import ToolCommand, ToolOption
from funchost.cli.init_options import InitChoices, init_options, take_init_choices, without_effect
from funchost.cli.language import check_language, language_options
from funchost.cli.new_choice import ChosenFunction, NewChoices, chosen_function
from funchost.cli.question import Terminal, confirm, terminal
from funchost.errors import FuncHostError, UsageError
from funchost.settings import DEFAULT_SCRIPT_FILE, SettingNames, process_environment

if TYPE_CHECKING:
    from funchost.app.function_app import Model
    from funchost.projects.project import Project

EXAMPLES = """\b
Examples:
  func new                                             asks for the template and the rest
  func new hello --template "HTTP trigger" --authlevel anonymous
  func new -t "Queue trigger" -n take_order -f orders.py
                                                       into a file of its own, and registers it
  func templates list                                  the templates

In a folder without a project, one is begun first, as func init does. Without a terminal, what is not given gets the
template's default, except template and name."""


def run_new(script_root: Path | None, first: str | None, **given: Any) -> None:
    """Add a function to the project of the current folder, from a template. It is called NAME."""
    for notice in without_effect(given, _OPTIONS):
        click.echo(notice, err=True)
    init = take_init_choices(given)
    choices = NewChoices(**{**given, "name": _given_name(first, given["name"])})
    root = (Path.cwd() / (script_root or "")).resolve()
    if not root.is_dir():
        raise UsageError(f'"{root}" doesn\'t exist.', hint="--script-root names the folder of the project.")
    person = terminal()
    if person is None and not (choices.template and choices.name):
        raise UsageError(
            "Without a terminal to ask at, --template and --name are needed.",
            hint='func new --template "HTTP trigger" --name hello; func templates list shows the templates.',
        )
    project = _project(root)
    _check_before(project, init, choices)
    function = chosen_function(project, _model(project, init), choices, person)
    _begin(project, init)
    _write(project, function, choices, person)
    click.echo(f'The function "{function.name}" was created successfully from the "{function.template.name}" template.')


def _given_name(first: str | None, option: str | None) -> str | None:
    if first is not None and option is not None and first != option:
        raise UsageError(
            f"'{first}' and '{option}' are two names for one function.",
            hint='The name of a template has quotes around it: --template "HTTP trigger".',
        )
    return first or option


def _project(root: Path) -> Project:
    from funchost.app.local_settings import load_local_settings, merge_environment
    from funchost.cli.app_environment import RUNTIME
    from funchost.cli.local_secret import local_secret
    from funchost.projects.project import Project

    environment = merge_environment(load_local_settings(root, local_secret()), process_environment())[0]
    names = SettingNames(environment)
    check_language({}, {RUNTIME: names.get(RUNTIME) or None})
    return Project(root, names.get("PYTHON_SCRIPT_FILE_NAME") or DEFAULT_SCRIPT_FILE)


def _model(project: Project, init: InitChoices) -> Model:
    from funchost.projects.new_project import model_of

    if not project.exists:
        return model_of(init.model or "v2")
    return model_of(init.model) if init.model else project.model


def _check_before(project: Project, init: InitChoices, choices: NewChoices) -> None:
    """Refuse what cannot be done before anything is asked or written."""
    from funchost.app.function_app import Model
    from funchost.projects.new_function import model_text

    model = _model(project, init)
    app = project.root / "__app__"
    if not project.exists:
        if (app / "host.json").is_file():
            raise FuncHostError(f"The project is in {app}.", hint="Go there: cd __app__")
        above = project.enclosing()
        if above is not None:
            raise FuncHostError(
                f"{project.root} is not a project, and lies in the one in {above}.",
                hint="Go there, or begin a project here with func init.",
            )
        if init.guide_layout or init.docker_only:
            raise UsageError("--guide-layout and --docker-only begin a project without functions.", hint="func init")
    elif model is not project.model and (project.has_entry or project.folders):
        raise UsageError(f"The project has the {model_text(project.model)} model.", hint="Leave --model out.")
    if choices.file is not None and model is Model.FUNCTION_JSON:
        raise UsageError("--file is for the v2 model: here every function has a folder of its own.")


def _begin(project: Project, init: InitChoices) -> None:
    """Write the files of a new project; in a project fresh from a repository the settings that are not in there."""
    from funchost.app.local_settings import FILE_NAME
    from funchost.app.local_settings_edit import NEW_FILE
    from funchost.cli.init import begin_project
    from funchost.projects.file_writing import write_new_file

    if not project.exists:
        begin_project(project.root, init)
    elif write_new_file(project.root / FILE_NAME, NEW_FILE.decode()):
        click.echo(f"Writing {FILE_NAME}")


def _write(project: Project, function: ChosenFunction, choices: NewChoices, person: Terminal | None) -> None:
    from funchost.app.function_app import Model

    if function.template.model is Model.FUNCTION_JSON:
        _write_folder(project, function, choices.force, person)
    else:
        _write_code(project, function, choices.file)


def _write_folder(project: Project, function: ChosenFunction, force: bool, person: Terminal | None) -> None:
    from funchost.projects.file_writing import replace_file
    from funchost.projects.new_function import function_folder

    name = function.name
    same = next((other for other in project.folders if other.lower() == name.lower() and other != name), None)
    if same is not None:
        raise FuncHostError(f"There is the function '{same}' already; the names of functions differ by more than case.")
    folder = project.root / name
    if (folder.exists() or folder.is_symlink()) and not force:
        question = f"A directory with the name {name} already exists. Overwrite"
        if person is None:
            raise FuncHostError(question.removesuffix(" Overwrite"), hint="--force overwrites the files in it.")
        if not confirm(person, question):
            raise FuncHostError("Nothing was written.")
    for file in function_folder(function.template, name, function.auth):
        replace_file(project.root / file.path, file.text.encode())
        click.echo(f"Writing {project.root / file.path}")


def _write_code(project: Project, function: ChosenFunction, file: str | None) -> None:
    from funchost.projects.code_change import added

    addition = added(project, file, function.template, function.name, function.answers, function.auth)
    for change in addition.changes:
        change.write()
        click.echo(change.line)
    if addition.remark:
        click.echo(addition.remark, err=True)


_OPTIONS = [
    ToolOption("template", "-t", "--template", metavar="NAME", help="Template: func templates list shows them."),
    ToolOption("name", "-n", "--name", metavar="NAME", help="Name of the function, as NAME in front."),
    ToolOption("authlevel", "-a", "--authlevel", metavar="LEVEL", help="function, anonymous or admin (HTTP)."),
    ToolOption(
        "file", "-f", "--file", metavar="FILE", help="File of the function, registered (v2).  [function_app.py]"
    ),
    ToolOption("force", "--force", is_flag=True, help="Overwrite the function's folder without a question (v1)."),
    ToolOption("language", "-l", "--language", metavar="NAME", help="Only python is possible."),
    *project_options("Folder of the project.  [the current one]"),
    *init_options(),
    *language_options(),
]


def new_command(word: str) -> ToolCommand:
    """Return the command under one of its names."""
    return ToolCommand(
        word,
        params=[click.Argument(["first"], required=False, metavar="[NAME]"), *_OPTIONS],
        callback=run_new,
        help=run_new.__doc__,
        short_help="Add a function from a template.",
        epilog=EXAMPLES,
    )
