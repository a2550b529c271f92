"""Loader: imports the script of a function of the function.json model and finds its entry point."""

import importlib
import importlib.util
import os
import sys
import types

from funchost_worker.app_paths import APP_PACKAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, List, Optional

DEFAULT_ENTRY_POINT = "main"


def _module_parts(name: str, root: str, script_file: str) -> "List[str]":
    relative = os.path.relpath(script_file, root)
    if relative.split(os.sep)[0] == os.pardir or os.path.isabs(relative):
        raise RuntimeError("script path {} is not relative to the specified directory {}".format(script_file, root))
    stem, extension = os.path.splitext(relative)
    if extension != ".py":
        raise RuntimeError("cannot load function {}: invalid Python filename {}".format(name, script_file))
    parts = stem.split(os.sep)
    if parts[-1].lower() == "__init__":
        parts.pop()
    return parts


def _by_location(name: str, location: str, folder: "Optional[str]") -> types.ModuleType:
    """Import a file under a name of our choice; `folder` makes it a package."""
    spec = importlib.util.spec_from_file_location(
        name, location, submodule_search_locations=None if folder is None else [folder])
    if spec is None or spec.loader is None:
        raise ImportError("cannot import {}".format(location), name=name, path=location)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _folder_package(name: str, folder: str) -> None:
    init = os.path.join(folder, "__init__.py")
    if os.path.isfile(init):
        _by_location(name, init, folder)
        return
    package = types.ModuleType(name)
    package.__path__ = [folder]
    sys.modules[name] = package


def _import_dotted(root: str, parts: "List[str]") -> types.ModuleType:
    """Import a path with a dot in one of its names, which a dotted module name cannot say: dots become underscores."""
    name, place = APP_PACKAGE, root
    for part in parts[:-1]:
        name, place = "{}.{}".format(name, part.replace(".", "_")), os.path.join(place, part)
        if name in sys.modules:
            continue
        if "." in part:
            _folder_package(name, place)
        else:
            importlib.import_module(name)
    name, place = "{}.{}".format(name, parts[-1].replace(".", "_")), os.path.join(place, parts[-1])
    if name in sys.modules:
        return sys.modules[name]
    if os.path.isdir(place):
        _folder_package(name, place)
        return sys.modules[name]
    return _by_location(name, place + ".py", None)


def load_entry_point(name: str, root: str, script_file: str, entry_point: "Optional[str]") -> "Callable[..., Any]":
    """Import `script_file` as a module of `__app__` and return the function that `entry_point` names.

    Args:
        name: of the function, for messages.
        root: absolute app root.
        script_file: absolute path below the root.
        entry_point: None means ``main``.

    Raises:
        RuntimeError: the script lies outside of the app, is no Python file, or lacks the entry point.
        BaseException: whatever the script raises.
    """
    parts = _module_parts(name, root, script_file)
    if not parts:
        raise RuntimeError("cannot load function {}: invalid Python filename {}".format(name, script_file))
    if any("." in part for part in parts):
        module = _import_dotted(root, parts)
    else:
        module = importlib.import_module(".".join([APP_PACKAGE] + parts))
    entry = entry_point or DEFAULT_ENTRY_POINT
    function = getattr(module, entry, None)
    if not callable(function):
        text = "cannot load function {}: function {}() is not present in {}"
        raise RuntimeError(text.format(name, entry, os.path.relpath(script_file, root)))  # noqa: TRY004 - known class
    return function  # type: ignore[no-any-return]
