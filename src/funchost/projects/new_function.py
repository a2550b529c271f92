"""The code of a new function, and the files of the project as they are with it. Pure."""

from __future__ import annotations

import json
import keyword
import sys
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

from funchost.app.function_app import Model
from funchost.errors import FuncHostError, UsageError
from funchost.projects.new_project import ProjectFile
from funchost.projects.source_file import SourceFile, read_source
from funchost.projects.templates import Template
from funchost.projects.texts import text


class AuthLevel(Enum):
    """Who may call an HTTP function; the first one is the default."""

    FUNCTION = "function"
    ANONYMOUS = "anonymous"
    ADMIN = "admin"

    @classmethod
    def read(cls, word: str) -> AuthLevel:
        """Return the level that a word of the command line means, whatever its case.

        Raises:
            UsageError: it means none.
        """
        try:
            return cls(word.lower())
        except ValueError:
            known = ", ".join(level.value for level in cls)
            raise UsageError(f"{word!r} is not an authorization level.", hint=f"There are: {known}.") from None


class NotRegisteredError(Exception):
    """The functions of a file cannot be registered without the author; the text says what to do."""


def with_function(
    source: SourceFile, template: Template, name: str, answers: Mapping[str, str], auth: AuthLevel
) -> SourceFile:
    """Return a file with a decorated function more.

    Args:
        source: it has a FunctionApp or Blueprint.
        answers: to the template's questions, by gap; a question without one gets its default.

    Raises:
        FuncHostError: the file has a function, or anything else, of that name already, or no FunctionApp.
    """
    _check_free(source, name)
    if source.app is None:
        raise FuncHostError(
            f"{source.path} has no FunctionApp and no Blueprint that a function could belong to.",
            hint="Write it at the top level: app = func.FunctionApp()",
        )
    if source.library is None:
        source = source.with_import(
            "import azure.functions as func" if "func" not in source.names else "import azure.functions"
        )
    if "logging" not in source.names:
        source = source.with_import("import logging")
    literals = {question.gap: literal(answers.get(question.gap, question.default)) for question in template.questions}
    code = text(
        f"v2/{template.kind}.txt",
        app=source.app or "app",
        func=source.library or "func",
        name=name,
        route=literal(name),
        authlevel=auth.name,
        **literals,
    )
    return source.with_end(code)


def new_entry(path: Path) -> SourceFile:
    """Return the entry file of a project that has no function yet."""
    return read_source(text("project/function_app.txt"), path)


def new_blueprint(path: Path) -> SourceFile:
    """Return a file with an empty Blueprint in a variable named like the file.

    Raises:
        UsageError: the file's name cannot be one of a Python module.
    """
    stem = path.stem
    if stem in sys.stdlib_module_names or stem in ("azure", "func"):
        raise UsageError(f"{path.name!r} would hide the module '{stem}'.", hint="Choose another name for the file.")
    if path.suffix != ".py" or not stem.isidentifier() or keyword.iskeyword(stem):
        raise UsageError(
            f"{path.name!r} cannot be the name of a file with functions.",
            hint="It is letters, digits and underscores, and ends in .py: orders.py",
        )
    return read_source(text("project/blueprint.txt", variable=stem), path)


def with_registration(entry: SourceFile, blueprint: SourceFile) -> SourceFile | None:
    """Return the entry file with the functions of a blueprint registered; None if they already are.

    Raises:
        NotRegisteredError: the entry file uses the blueprint's name for something else, or has no FunctionApp.
    """
    variable = blueprint.app or blueprint.path.stem
    if variable in entry.registered:
        return None
    if entry.app is None or variable in entry.names:
        why = "has no FunctionApp" if entry.app is None else f"uses the name '{variable}' already"
        raise NotRegisteredError(
            f"{entry.path} {why}. Register the functions there: from {blueprint.path.stem} import {variable}, then "
            f"{entry.app or 'app'}.register_functions({variable})."
        )
    imported = entry.with_import(f"from {blueprint.path.stem} import {variable}")
    return imported.with_end(f"{entry.app}.register_functions({variable})")


def function_folder(template: Template, name: str, auth: AuthLevel) -> tuple[ProjectFile, ...]:
    """Return the files of a function with a folder of its own; paths from the project's folder."""
    return (
        ProjectFile(f"{name}/__init__.py", text(f"v1/{template.kind}.txt", name=name)),
        ProjectFile(f"{name}/function.json", text(f"v1/{template.kind}.json", name=name, authlevel=auth.value)),
    )


def literal(value: str) -> str:
    """Return a text as Python writes it, in double quotes."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\x7f")


def _check_free(source: SourceFile, name: str) -> None:
    same = source.functions.get(name.lower())
    if same is not None:
        raise FuncHostError(
            f"{source.path}:{same[1]} has the function '{same[0]}' already; the names of functions differ by more "
            "than case.",
            hint="--name gives the new one another name.",
        )
    if name in source.names:
        raise FuncHostError(
            f"{source.path}:{source.names[name]} uses the name '{name}' already.",
            hint="--name gives the new function another name.",
        )


def model_text(model: Model) -> str:
    """Return what users call a programming model."""
    return "v1" if model is Model.FUNCTION_JSON else "v2"
