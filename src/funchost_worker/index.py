"""Index: the functions of a decorator app, as its `function_app.py` declares them."""

import importlib.machinery
import importlib.util
import inspect
import json
import os
import re
import sys
import types

from funchost_worker import annotations
from funchost_worker.app_paths import APP_PACKAGE
from funchost_worker.failure import tell
from funchost_worker.library import DEFERRED, deferred_converter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

    from funchost_worker.failure import LocatedFailure
    from funchost_worker.library import Library

SCRIPT_SETTING = "PYTHON_SCRIPT_FILE_NAME"
DEFAULT_SCRIPT = "function_app.py"
_SCRIPT_NAME = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_\-]*\.py\Z")


class InvalidFileNameError(Exception):
    """The setting PYTHON_SCRIPT_FILE_NAME is no name of a Python file."""

    def __init__(self, name: str) -> None:
        super().__init__("Invalid file name: {}".format(name))


class Declared:
    """One function of the index: what the host is told, and what this worker calls."""

    __slots__ = ("bindings", "directory", "error", "function", "name", "retry", "script_file")

    def __init__(self, name: str, directory: str, script_file: str) -> None:
        self.name = name
        self.directory = directory
        self.script_file = script_file
        self.function: "Optional[Callable[..., Any]]" = None
        self.bindings: "List[Dict[str, Any]]" = []
        self.retry: "Optional[Dict[str, Any]]" = None
        self.error: "Optional[LocatedFailure]" = None

    def told(self) -> "Dict[str, Any]":
        return {"name": self.name, "directory": self.directory, "script_file": self.script_file,
                "bindings": self.bindings, "retry": self.retry, "error": self.error}


def script_name(environ: "Mapping[str, str]") -> str:
    """Return the app's entry file.

    Raises:
        InvalidFileNameError: the setting's value is no plain Python file name.
    """
    name = environ.get(SCRIPT_SETTING, "").strip() or DEFAULT_SCRIPT
    if not _SCRIPT_NAME.match(name):
        raise InvalidFileNameError(name)
    return name


def _import_script(root: str, name: str) -> types.ModuleType:
    """Import the entry file from the app root, even if a module of that name is installed or already loaded."""
    stem = name[:-len(".py")]
    spec = importlib.machinery.PathFinder.find_spec(stem, [root])
    known = sys.modules.get(stem)
    if known is not None and getattr(known, "__file__", None) == (spec.origin if spec else None):
        return known
    if known is not None or spec is None:
        stem = "{}.{}".format(APP_PACKAGE, stem)
    spec = importlib.util.spec_from_file_location(stem, os.path.join(root, name))
    assert spec is not None  # noqa: S101 - a .py file always has a spec and a loader
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    sys.modules[stem] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(stem, None)
        raise
    return module


class Index:
    """The declared functions by name. Made once: the library's `get_functions` cannot be called twice."""

    def __init__(self, root: str, library: "Library") -> None:
        self._root = root
        self._library = library
        self.functions: "Dict[str, Declared]" = {}

    def build(self, name: str) -> None:
        """Import the entry file and collect its functions.

        Raises:
            ValueError: no app object in the file, or more than one.
            BaseException: whatever the file raises.
        """
        app = self._app_object(_import_script(self._root, name), name)
        for function, error in self._built(app):
            self._add(function, error, name)

    def _app_object(self, module: types.ModuleType, name: str) -> "Any":
        classes = self._library.register_classes()
        if not classes:
            raise RuntimeError(
                "the installed azure-functions {} has no FunctionApp: {} needs azure-functions 1.11 or later in "
                "requirements.txt".format(self._library.version(), name))
        found = [value for value in vars(module).values() if isinstance(value, classes)]
        if not found:
            raise ValueError("Could not find top level function app instances in {}.".format(name))
        if len(found) > 1:
            raise ValueError("More than one {} or other top level function app instances are defined.".format(
                type(found[0]).__name__))
        return found[0]

    def _built(self, app: "Any") -> "List[Tuple[Any, Optional[BaseException]]]":
        """Return (function, error) of each function; one that cannot be built leaves the others alone."""
        builders = list(getattr(app, "_function_builders", ()))
        try:
            return [(function, None) for function in app.get_functions()]
        except Exception:
            if not builders:
                raise
        built: "List[Tuple[Any, Optional[BaseException]]]" = []
        for builder in builders:
            try:
                built.append((builder.build(app.auth_level), None))
            except Exception as error:
                built.append((builder._function, error))
        return built

    def _add(self, function: "Any", error: "Optional[BaseException]", script: str) -> None:
        name = str(function.get_function_name())
        user_function = function.get_user_function()
        declared = Declared(name, *self._place(user_function, script))
        declared.function = user_function
        if error is None and name in self.functions:
            error = ValueError(
                "Function {} does not have a unique function name. Please change @app.function_name() or the "
                "function method name to be unique.".format(name))
        try:
            declared.bindings = [] if error is not None else self._bindings(function)
            settings = getattr(function, "get_settings_dict", None)
            retry = settings("retry_policy") if settings is not None else None
            declared.retry = json.loads(json.dumps(retry, default=str))
        except Exception as trouble:
            error = trouble
        if error is not None:
            declared.error = tell(error) + [declared.script_file, _line_of(user_function)]
        self.functions[name] = declared

    def _bindings(self, function: "Any") -> "List[Dict[str, Any]]":
        raw = [json.loads(text) for text in function.get_raw_bindings()]
        if DEFERRED not in sys.modules:
            return raw
        hints = annotations.hints(function.get_user_function())
        deferred = {
            binding["name"]: deferred_converter(binding["type"], hints.get(binding["name"])) is not None
            for binding in raw
        }
        if any(deferred.values()):
            for binding in raw:
                binding.setdefault("properties", {})["SupportsDeferredBinding"] = deferred[binding["name"]]
        return raw

    def _place(self, function: "Any", script: str) -> "Tuple[str, str]":
        """Folder and file of a function. One that a library made (AsgiFunctionApp) belongs to the entry file."""
        try:
            path = os.path.abspath(inspect.getfile(inspect.unwrap(function)))
        except (TypeError, ValueError):
            path = ""
        if not path.startswith(self._root + os.sep) or "site-packages" in path:
            path = os.path.join(self._root, script)
        return os.path.dirname(path), path


def _line_of(function: "Any") -> "Optional[int]":
    code = getattr(inspect.unwrap(function), "__code__", None)
    return None if code is None else int(code.co_firstlineno)
