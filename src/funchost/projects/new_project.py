"""Which files a new project has, and what stands in them. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import NamedTuple

from funchost.app.function_app import Model
from funchost.app.local_settings_edit import NEW_FILE
from funchost.errors import FuncHostError
from funchost.projects.texts import text

APP_FOLDER = "__app__"
MODELS = {"v1": Model.FUNCTION_JSON, "v2": Model.DECORATORS}
CHANNELS = {"ga": "", "preview": ".Preview", "experimental": ".Experimental"}
COMMON_ENVIRONMENTS = frozenset({".venv", "venv", "env", "ENV"})
"""Folders of virtual environments that the ignore files name anyway."""


class ProjectFile(NamedTuple):
    """A file of a new project.

    Args:
        path: below the project's folder, parted by slashes.
        text: with Unix line ends.
    """

    path: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPlan:
    """What kind of project is begun.

    Args:
        bundle: name the extension bundle in host.json; this host needs none, others do.
        channel: of the bundle, a key of CHANNELS.
        docs: write a page on the first steps (v1).
        docker: write a Dockerfile too.
        project: write the project's files; without them only those for Docker.
        guide_layout: the app in ``__app__`` and its tests beside it, as the developer guide has it (v1).
        environment: name of a virtual environment's folder in the project, None = there is none.
        python: version of the image's Python, ``3.12``.
    """

    model: Model = Model.DECORATORS
    bundle: bool = True
    channel: str = "ga"
    docs: bool = True
    docker: bool = False
    project: bool = True
    guide_layout: bool = False
    environment: str | None = None
    python: str = "3.12"


def model_of(word: str) -> Model:
    """Return the programming model that ``v1`` or ``v2`` means.

    Raises:
        FuncHostError: it is another.
    """
    try:
        return MODELS[word.lower()]
    except KeyError:
        raise FuncHostError(
            f"The {word} programming model is not supported for worker runtime python.",
            hint="Supported programming models are v1 (function.json) and v2 (decorators).",
        ) from None


def project_files(plan: ProjectPlan) -> tuple[ProjectFile, ...]:
    """Return the files in the order in which they are written."""
    app = [*_app_files(plan)] if plan.project else []
    if plan.docker:
        app.append(ProjectFile("Dockerfile", text("project/Dockerfile.txt", python=plan.python)))
        app.append(ProjectFile(".dockerignore", _with_environment(text("project/dockerignore.txt"), plan)))
    above = [*_files_above(plan)] if plan.project else []
    if not plan.guide_layout:
        return (*app, *above)
    tests = [
        ProjectFile("tests/__init__.py", ""),
        ProjectFile("tests/test_functions.py", text("project/first_test.txt")),
    ]
    return (
        *(ProjectFile(f"{APP_FOLDER}/{path}", content) for path, content in app),
        *above,
        *(tests if plan.project else []),
    )


def _app_files(plan: ProjectPlan) -> list[ProjectFile]:
    decorators = plan.model is Model.DECORATORS
    files = [
        ProjectFile("requirements.txt", text("project/requirements.txt")),
        ProjectFile(".funcignore", _with_environment(text("project/funcignore.txt"), plan)),
        ProjectFile("host.json", host_json(plan.bundle, plan.channel)),
        ProjectFile("local.settings.json", NEW_FILE.decode()),
    ]
    if decorators:
        files.insert(2, ProjectFile("function_app.py", text("project/function_app.txt")))
    elif plan.docs:
        files.append(ProjectFile("getting_started.md", text("project/getting_started.md")))
    return files


def _files_above(plan: ProjectPlan) -> list[ProjectFile]:
    """Return the files that belong to the repository, not to the app."""
    recommended = {"recommendations": ["ms-azuretools.vscode-azurefunctions", "ms-python.python"]}
    return [
        ProjectFile(".gitignore", _with_environment(text("project/gitignore.txt"), plan)),
        ProjectFile(".vscode/extensions.json", json.dumps(recommended, indent=2) + "\n"),
    ]


def host_json(bundle: bool, channel: str) -> str:
    """Return the text of host.json.

    Raises:
        FuncHostError: there is no such channel.
    """
    if channel.lower() not in CHANNELS:
        raise FuncHostError(f"There is no bundle channel '{channel}'.", hint="GA, Preview and Experimental exist.")
    content: dict[str, object] = {
        "version": "2.0",
        "logging": {
            "applicationInsights": {"samplingSettings": {"isEnabled": True, "excludedTypes": "Request"}},
        },
    }
    if bundle:
        name = f"Microsoft.Azure.Functions.ExtensionBundle{CHANNELS[channel.lower()]}"
        content["extensionBundle"] = {"id": name, "version": "[4.*, 5.0.0)"}
    return json.dumps(content, indent=2) + "\n"


def _with_environment(ignored: str, plan: ProjectPlan) -> str:
    name = plan.environment
    if name is None or name in COMMON_ENVIRONMENTS:
        return ignored
    return f"{ignored}\n# The virtual environment of this project\n/{name}/\n"
