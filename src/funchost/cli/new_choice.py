"""Which function `func new` makes: what the command line says, and for the rest the person at the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from funchost.cli.question import Terminal, ask, choose
from funchost.errors import UsageError

if TYPE_CHECKING:
    from funchost.app.function_app import Model
    from funchost.projects.new_function import AuthLevel
    from funchost.projects.project import Project
    from funchost.projects.templates import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChoices:
    """What the command line says of the function; None = not given."""

    template: str | None = None
    name: str | None = None
    file: str | None = None
    authlevel: str | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class ChosenFunction:
    """The function to make.

    Args:
        answers: to the template's questions, by gap; what was not asked is missing.
    """

    template: Template
    name: str
    auth: AuthLevel
    answers: Mapping[str, str]


def chosen_function(project: Project, model: Model, choices: NewChoices, person: Terminal | None) -> ChosenFunction:
    """Return the function that is meant.

    Args:
        person: answers questions; None = whatever is not given gets the template's default.

    Raises:
        FuncHostError: there is no such template, name or authorization level, or the input ended.
    """
    template = _template(model, choices, person)
    name = _name(project, template, choices, person)
    auth = _auth_level(template, choices, person)
    answers = {each.gap: ask(person, each.text, each.default, each.check) for each in template.questions if person}
    return ChosenFunction(template, name, auth, answers)


def _template(model: Model, choices: NewChoices, person: Terminal | None) -> Template:
    from funchost.projects.templates import find_template, served

    found = served(model)
    if choices.template:
        template = find_template(choices.template, model)
    else:
        template = found[choose(_certain(person), "template", [each.name for each in found])]
    if choices.authlevel is not None and not template.has_auth_level:
        raise UsageError(f'--authlevel is for HTTP functions, not for "{template.name}".')
    return template


def _name(project: Project, template: Template, choices: NewChoices, person: Terminal | None) -> str:
    from funchost.projects.function_name import check_function_name, free_name

    if choices.name:
        try:
            check_function_name(choices.name, template.model)
        except ValueError as error:
            raise UsageError(str(error)) from None
        return choices.name
    taken = project.taken_names(template.model)

    def check(name: str) -> None:
        check_function_name(name, template.model)
        if name.lower() in taken:
            raise ValueError(f"The project uses the name '{name}' already.")

    return ask(_certain(person), "Function name", free_name(template.default_function, taken), check)


def _auth_level(template: Template, choices: NewChoices, person: Terminal | None) -> AuthLevel:
    from funchost.projects.new_function import AuthLevel

    if choices.authlevel:
        return AuthLevel.read(choices.authlevel)
    levels = list(AuthLevel)
    if person is None or not template.has_auth_level:
        return levels[0]
    return levels[choose(person, "Auth Level", [level.name for level in levels])]


def _certain(person: Terminal | None) -> Terminal:
    if person is None:
        raise UsageError("There is no terminal to ask at.", hint="--template and --name say what to make.")
    return person
