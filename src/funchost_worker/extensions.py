"""Worker extensions: the hooks that packages built on the library's AppExtensionBase and FuncExtensionBase register."""

import logging
import sys

from funchost_worker.app_paths import is_true

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Mapping, Optional

    from funchost_worker.context import Context
    from funchost_worker.library import Library

SETTING = "PYTHON_ENABLE_WORKER_EXTENSIONS"


def are_enabled(environ: "Mapping[str, str]") -> bool:
    """The setting; without one they are on for Python 3.9 only, as in the existing worker."""
    if SETTING in environ:
        return is_true(environ, SETTING)
    return sys.version_info[:2] == (3, 9)


class Extensions:
    """Runs hooks. What a hook raises is logged and does not disturb the function."""

    def __init__(self, library: "Library") -> None:
        self._library = library

    def loaded(self, function: str, directory: str) -> None:
        self._run("post_function_load_app_level", None, function, directory)
        self._run("post_function_load", function, function, directory)

    def before(self, context: "Context", arguments: "Dict[str, Any]") -> None:
        self._run("pre_invocation_app_level", None, context, arguments)
        self._run("pre_invocation", context.function_name, context, arguments)

    def after(self, context: "Context", arguments: "Dict[str, Any]", returned: "Any") -> None:
        self._run("post_invocation", context.function_name, context, arguments, returned)
        self._run("post_invocation_app_level", None, context, arguments, returned)

    def _run(self, name: str, function: "Optional[str]", *values: "Any") -> None:
        registry = self._library.hooks()
        if registry is None:
            return
        found = registry.get_application_hooks() if function is None else registry.get_function_hooks(function)
        for hook in getattr(found, name, None) or ():
            logger = logging.getLogger("azure_functions_worker.extension." + hook.ext_name)
            try:
                if name.startswith("post_function_load"):
                    hook.ext_impl(*values)
                else:
                    hook.ext_impl(logger, *values)
            except Exception:
                logger.exception("The hook %s of the extension %s failed.", name, hook.ext_name)
