"""Sentences about an app that runs but may not be what its author had in mind."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from funchost.app.binding_types import is_known, is_served
from funchost.app.function_app import Function, Model
from funchost.app.function_json import FILE_NAME
from funchost.settings import Settings

KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"})
SEARCH_DEPTH = 3
SEARCHED_FOLDERS = 500


def allow_list_warnings(wanted: Sequence[str] | None, declared: Iterable[str]) -> Iterator[str]:
    """Yield what the allow-list does, and the names in it that no function has."""
    if wanted is None:
        return
    yield (
        f"A function allow list has been specified, excluding all but the following functions: [{', '.join(wanted)}]"
    )
    known = {name.lower() for name in declared}
    missing = [name for name in wanted if name.lower() not in known]
    if missing:
        yield f"The function allow list names functions that the app does not have: {', '.join(missing)}"


def mixed_app(script_file: str, folders: Sequence[Path]) -> Iterator[str]:
    """Yield a warning if an app has both models; only the decorated functions load."""
    if folders:
        names = ", ".join(folder.name.encode(errors="backslashreplace").decode() for folder in folders)
        yield (
            "Detected mixed function app. Some functions may not be indexed: "
            f"{script_file} declares the functions, so these folders do not count: {names}."
        )


def function_warnings(functions: Iterable[Function], settings: Settings) -> Iterator[str]:
    """Yield what will not work as written."""
    runtime = (settings.get("FUNCTIONS_WORKER_RUNTIME") or "python").strip()
    if runtime.lower() != "python":
        yield f"The setting FUNCTIONS_WORKER_RUNTIME is '{runtime}'; this host runs functions written in Python only."
    for function in functions:
        yield from _not_served(function)
        yield from _strange_methods(function)


def missing_functions(root: Path, model: Model, script_file: str) -> Iterator[str]:
    """Yield why there may be no function."""
    nested = [] if (root / "host.json").exists() else _nested_host_files(root)
    if nested:
        yield (
            f"No functions were found. A host.json file is missing from the app folder {root}. "
            f"However, one was located at: {', '.join(map(str, nested))}. Start the host in that folder."
        )
    elif model is Model.DECORATORS:
        yield f"No functions were found. {script_file} declares none."
    else:
        yield (
            f"No functions were found. There is neither a {script_file} nor a sub-folder with a {FILE_NAME} in {root}."
        )
        yield from _misspelt(root)
    yield "No job functions found. Until the app has a function every request is answered with 404."


def _not_served(function: Function) -> Iterator[str]:
    if is_known(function.trigger.type) and not is_served(function.trigger.type):
        yield (
            f"function '{function.name}': triggers of type {function.trigger.type} are not listened to "
            f"by this version; POST /admin/functions/{function.name} runs it"
        )
    # Unknown types are errors and reported as such.
    others = [b for b in function.bindings if not b.is_trigger and is_known(b.type) and not is_served(b.type)]
    if others:
        names = ", ".join(f"'{b.name}' ({b.type})" for b in others)
        yield f"function '{function.name}': bindings of these types are not served by this version: {names}"


def _strange_methods(function: Function) -> Iterator[str]:
    methods = function.trigger.properties.get("methods") if function.is_http else None
    if isinstance(methods, list):
        for method in methods:
            if method not in KNOWN_METHODS:
                yield f"function '{function.name}': '{method}' is not one of the usual HTTP methods"
        if not methods:
            yield f"function '{function.name}': its list of HTTP methods is empty, so no request reaches it"


def _misspelt(root: Path) -> Iterator[str]:
    """Yield files that a file system which ignores case would have taken for function.json."""
    for folder in _folders(root):
        names = [entry.name for entry in _entries(folder) if entry.name.lower() == FILE_NAME != entry.name]
        for name in names:
            yield f"{folder / name} is not read: the name must be written '{FILE_NAME}'."


def _nested_host_files(root: Path) -> list[Path]:
    found: list[Path] = []
    level, searched = [root], 0
    for _ in range(SEARCH_DEPTH):
        level = [folder for parent in level for folder in _folders(parent)][: SEARCHED_FOLDERS - searched]
        searched += len(level)
        found += (folder / "host.json" for folder in level if (folder / "host.json").is_file())
    return sorted(found)


def _folders(parent: Path) -> list[Path]:
    """Return sub-folders that can be part of an app: no links, caches, hidden folders or virtual environments."""
    names = [entry.name for entry in _entries(parent) if entry.is_dir(follow_symlinks=False)]
    own = (parent / name for name in names if not name.startswith(".") and name not in ("node_modules", "__pycache__"))
    return [folder for folder in own if not (folder / "pyvenv.cfg").exists()]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        # It only helps to guess; a folder that cannot be read has nothing to tell.
        return []
