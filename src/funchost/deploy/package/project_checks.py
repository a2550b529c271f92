"""What is looked at before a project is packed: each check says passed, failed or what to mind."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from funchost.app.candidates import function_folders
from funchost.app.jsonc import read
from funchost.deploy.dependencies.requirements import PROJECT_FILE, REQUIREMENTS_FILE, read_requirements
from funchost.deploy.dependencies.requirements_file import logical_lines, text_of
from funchost.deploy.package.entries import ROOT_FILE
from funchost.deploy.package.ignore_rules import PACKAGES_FOLDER
from funchost.deploy.package.project_kind import nested_projects
from funchost.errors import FuncHostError, PackageError

MOST_NAMED = 8
"""Of the folders with an app that an error names."""
_WORKER = re.compile(r"azure[-_.]functions[-_.]worker(?![\w-])", re.IGNORECASE)


class PackageBuild(Enum):
    """Who installs the packages that a project asks for."""

    REMOTE = "remote"
    """The server does; the package holds the project alone."""
    LOCAL = "local"
    """This machine does, into `.python_packages`."""
    NONE = "none"
    """Nobody: the project is taken as it is, with a `.python_packages` that its author made."""


class Outcome(Enum):
    """How a check ended."""

    PASSED = "PASSED"
    WARNING = "WARNING"
    FAILED = "FAILED"


class Check(NamedTuple):
    """One thing that was looked at.

    Args:
        title: what.
        outcome: how it is.
        reason: why it is not passed, else empty.
    """

    title: str
    outcome: Outcome = Outcome.PASSED
    reason: str = ""


def check_project(root: Path, build: PackageBuild, script_file: str) -> list[Check]:
    """Look whether a project can be packed and will run.

    Args:
        root: folder with host.json.
        script_file: name of the file that declares a decorator app.
    """
    checks = [
        _checked("Validating host.json", lambda: _host_json(root)),
        _checked("Validating project structure", lambda: _requirements(root, build)),
        _checked("Validating installed packages", lambda: _packages(root, build)),
        _checked("Validating Python programming model", lambda: _model(root, script_file)),
    ]
    return [check for check in checks if check is not None]


def require_host_json(root: Path) -> None:
    """Raise PackageError unless a folder holds host.json; names the folders below that do."""
    if (root / ROOT_FILE).is_file():
        return
    if not root.is_dir():
        raise PackageError(f"'{root}' is not a folder.")
    nested = nested_projects(root)
    if nested:
        places = ", ".join(os.path.relpath(place, root) for place in nested[:MOST_NAMED])
        if len(nested) > MOST_NAMED:
            places += f" and {len(nested) - MOST_NAMED} more"
        raise PackageError(
            f"{root} holds no {ROOT_FILE}, but these folders below it do: {places}.",
            hint=f"The content of the folder with {ROOT_FILE} is packed: run the command there, or add --script-root"
            f" {shlex.quote(os.path.relpath(nested[0]))}.",
        )
    raise PackageError(
        f"{root} holds no {ROOT_FILE}, so it is not the folder of a function app.",
        hint="Run the command in the app's folder, or name it with --script-root. 'func init' begins an app.",
    )


def _checked(title: str, look: Callable[[], Iterator[Check]]) -> Check:
    """Return the worst of what a look yields; passed if that is nothing."""
    try:
        found = sorted(look(), key=lambda check: list(Outcome).index(check.outcome))
    except FuncHostError as error:
        return Check(title, Outcome.FAILED, error.text)
    return found[-1]._replace(title=title) if found else Check(title)


def _failed(reason: str) -> Check:
    return Check("", Outcome.FAILED, reason)


def _warning(reason: str) -> Check:
    return Check("", Outcome.WARNING, reason)


def _host_json(root: Path) -> Iterator[Check]:
    if read(root / ROOT_FILE) is None:
        yield _failed(f"{ROOT_FILE} is not found in {root}.")


def _requirements(root: Path, build: PackageBuild) -> Iterator[Check]:
    requirements = read_requirements(root)
    if requirements is None:
        if build is PackageBuild.LOCAL:
            yield _failed(
                f"{REQUIREMENTS_FILE} is not found, and no {PROJECT_FILE} with dependencies. The file may be empty;"
                " --no-build takes the project as it is."
            )
        elif build is PackageBuild.REMOTE:
            yield _warning(f"{REQUIREMENTS_FILE} is not found: the server will install no packages.")
        return
    for path in requirements.files:
        if any(_WORKER.match(line) for _, line in logical_lines(text_of(path))):
            yield _warning(
                f"{path.name} lists azure-functions-worker, which belongs to the host and can break the app."
            )


def _packages(root: Path, build: PackageBuild) -> Iterator[Check]:
    if build is not PackageBuild.NONE:
        return
    folder = root / PACKAGES_FOLDER
    if not folder.is_dir() or not any(folder.iterdir()):
        yield _warning(
            f"{PACKAGES_FOLDER} is missing or empty: the app will find no packages but those of its Python."
            f" 'pip install --target={PACKAGES_FOLDER}/lib/site-packages -r {REQUIREMENTS_FILE}' fills it."
        )


def _model(root: Path, script_file: str) -> Iterator[Check]:
    folders = function_folders(root)
    script = (root / script_file).is_file()
    if script and folders:
        names = ", ".join(folder.name for folder in folders)
        yield _failed(
            f"Cannot mix Python V1 and V2 programming models: there is {script_file}, and function.json in {names}."
        )
    elif not script and not folders:
        yield _failed(f"There is neither {script_file} nor a folder with function.json, so there are no functions.")
