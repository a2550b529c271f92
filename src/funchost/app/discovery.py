"""Discovery: from the files of an app, and what a worker found in its code, to a FunctionApp.

One broken function never hides the others: it becomes an entry of `FunctionApp.errors`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from funchost.app.candidates import Candidate, candidates_in_folders, function_folders, indexed_candidates
from funchost.app.declaration import build_function
from funchost.app.function_app import Function, FunctionApp, FunctionError, Model
from funchost.app.host_json import HostConfig
from funchost.app.indexed import AppIndex, LoadError
from funchost.app.observations import allow_list_warnings, function_warnings, missing_functions, mixed_app
from funchost.app.problem import DeclarationProblem
from funchost.app.validation import check_name, check_routes
from funchost.errors import ConfigError
from funchost.settings import Settings


def discover(root: Path, host: HostConfig, settings: Settings, index: AppIndex) -> FunctionApp:
    """Return the app's functions and what is wrong with the others.

    In the function.json model every immediate sub-folder with a function.json is a function; in the decorators
    model `index` has them. A function in error stands in `functions` as well if its trigger is known and, for
    HTTP, its route is its own. When indexing failed as a whole, that error stands under the script file's name.

    Args:
        root: absolute app folder.

    Raises:
        ConfigError: the app folder cannot be read.
    """
    folders = function_folders(root)
    if index.error is not None:
        script = settings.script_file
        return FunctionApp(root, host, (), {script: describe(script, index.error)}, index.model)
    decorators = index.model is Model.DECORATORS
    declared = indexed_candidates(root, index) if decorators else candidates_in_folders(root, folders)
    wanted = _allowed(declared, host.functions)
    functions, errors = _build(wanted, host, settings)
    _apply_route_checks(wanted, functions, errors, host)
    warnings = [
        *allow_list_warnings(host.functions, [each.name for each in declared]),
        *(mixed_app(settings.script_file, folders) if decorators else ()),
        *function_warnings(functions.values(), settings),
    ]
    if not declared:
        warnings += missing_functions(root, index.model, settings.script_file)
    return FunctionApp(
        root=root,
        host=host,
        functions=tuple(functions.values()),
        errors=errors,
        model=index.model if declared else None,
        warnings=tuple(warnings),
    )


def describe(function: str, error: LoadError) -> FunctionError:
    """Return a worker's load error as the app model has it: the traceback if there is one, else type and text."""
    text = error.stack.rstrip() or f"{error.type}: {error.message}"
    return FunctionError(function, text, Path(error.path) if error.path else None, error.line)


def _allowed(declared: Sequence[Candidate], names: Sequence[str] | None) -> list[Candidate]:
    allowed = None if names is None else {name.lower() for name in names}
    return [each for each in declared if allowed is None or each.name.lower() in allowed]


def _build(
    candidates: Sequence[Candidate], host: HostConfig, settings: Settings
) -> tuple[dict[str, Function], dict[str, FunctionError]]:
    functions: dict[str, Function] = {}
    errors: dict[str, FunctionError] = {}
    taken: dict[str, str] = {}
    for candidate in candidates:
        name = candidate.name
        try:
            check_name(name)
            _check_unique(name, taken)
            if candidate.error is not None:
                errors[name] = describe(name, candidate.error)
                continue
            functions[name], problem = build_function(candidate.declare(), host, settings)
        except DeclarationProblem as found:
            problem = found
        except ConfigError as error:
            message = f"Error parsing function.json: {error.reason}"
            errors[name] = FunctionError(name, " ".join(filter(None, (message, error.hint))), error.path, error.line)
            continue
        if problem is not None:
            errors[name] = _located(candidate, problem)
    return functions, errors


def _check_unique(name: str, taken: dict[str, str]) -> None:
    other = taken.setdefault(name.lower(), name)
    if other != name:
        raise DeclarationProblem(
            f"The function or proxy name '{name}' must be unique within the function app. "
            f"It differs from '{other}' only in case."
        )


def _apply_route_checks(
    candidates: Sequence[Candidate], functions: dict[str, Function], errors: dict[str, FunctionError], host: HostConfig
) -> None:
    """Take functions without a usable route out of `functions`."""
    problems = check_routes(functions.values(), host.http.route_prefix, errors)
    for candidate in candidates:
        problem = problems.get(candidate.name)
        if problem is not None:
            del functions[candidate.name]
            errors.setdefault(candidate.name, _located(candidate, problem))


def _located(candidate: Candidate, problem: DeclarationProblem) -> FunctionError:
    line = candidate.document.line_of(problem.keys) if candidate.document is not None else None
    return FunctionError(candidate.name, problem.message, candidate.source, line)
