"""The files of a project that change when a decorated function is added to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from funchost.errors import FuncHostError, UsageError
from funchost.projects.file_writing import replace_file
from funchost.projects.new_function import (
    AuthLevel,
    NotRegisteredError,
    new_blueprint,
    new_entry,
    with_function,
    with_registration,
)
from funchost.projects.project import Project, content_like, load_source
from funchost.projects.source_file import SourceFile
from funchost.projects.templates import Template


class CodeChange(NamedTuple):
    """A file with its new content.

    Args:
        line: what to tell the author.
    """

    path: Path
    content: bytes
    line: str

    def write(self) -> None:
        """Replace the file.

        Raises:
            FuncHostError: it cannot be written.
        """
        replace_file(self.path, self.content)


class Addition(NamedTuple):
    """What it takes to add a function.

    Args:
        changes: files to write.
        remark: what is left for the author to do, None = nothing.
    """

    changes: tuple[CodeChange, ...]
    remark: str | None = None


def added(
    project: Project, file: str | None, template: Template, name: str, answers: Mapping[str, str], auth: AuthLevel
) -> Addition:
    """Return what has to be written for a new function; nothing is written yet.

    Args:
        file: name of the file that gets the function, None = the one with the FunctionApp.

    Raises:
        FuncHostError: the name is taken somewhere in the project, or a file cannot be changed.
    """
    path = _path(project, file)
    entry_path = project.root / project.entry
    before = load_source(path) if path.exists() else None
    if path == entry_path:
        source = before if before is not None and before.text.strip() else new_entry(path)
    else:
        source = before if before is not None and before.text.strip() else new_blueprint(path)
    changed = with_function(source, template, name, answers, auth)
    _check_elsewhere(project, path, name)
    verb = "Writing" if before is None else "Appending to"
    change = CodeChange(path, content_like(path, changed.text), f"{verb} {path}")
    return Addition((change,)) if path == entry_path else _with_registration(change, entry_path, changed)


def _with_registration(change: CodeChange, entry_path: Path, blueprint: SourceFile) -> Addition:
    entry = load_source(entry_path) if entry_path.exists() else new_entry(entry_path)
    try:
        registered = with_registration(entry, blueprint)
    except NotRegisteredError as error:
        return Addition((change,), str(error))
    if registered is None:
        return Addition((change,))
    variable = blueprint.app or blueprint.path.stem
    call = f"{entry.app}.register_functions({variable})"
    line = f"Registering the functions of {blueprint.path.name} in {entry_path}: {call}"
    return Addition((change, CodeChange(entry_path, content_like(entry_path, registered.text), line)))


def _path(project: Project, file: str | None) -> Path:
    if file is None:
        return project.root / project.entry
    name = file.removeprefix("./")
    if "/" in name or "\\" in name or name.startswith("."):
        raise UsageError(f"--file {file!r} must be the name of a file in the project's folder.", hint="orders.py")
    path = project.root / (name if name.endswith(".py") else f"{name}.py")
    if path.exists() and not path.is_file():
        raise FuncHostError(f"{path} is not a file.")
    return path


def _check_elsewhere(project: Project, path: Path, name: str) -> None:
    """Refuse a name that another file of the app uses: the host would run one of the two."""
    for other in project.other_sources(path):
        if (same := other.functions.get(name.lower())) is not None:
            raise FuncHostError(
                f"{other.path}:{same[1]} has the function '{same[0]}' already; the names of functions differ by more "
                "than case.",
                hint="--name gives the new one another name.",
            )
