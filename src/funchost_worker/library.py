"""Library: the app's own `azure.functions`, whatever its version, or our fallback if the app has none."""

import importlib
import importlib.util
import os
import re
import sys

from funchost_worker.app_paths import add_fallback
from funchost_worker.failure import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional, Tuple

FALLBACK = "fallback"
DEFERRED = "azurefunctions.extensions.base"


def _is_installed() -> bool:
    try:
        return importlib.util.find_spec("azure.functions") is not None
    except ImportError:
        return False


class Library:
    """Finds converters and classes. Imported on first use: an app that loads nothing does not pay for it."""

    def __init__(self) -> None:
        self._module: "Any" = None

    def prepare(self) -> None:
        """Append the fallback if the app has no library, so that the app's own imports find it as well."""
        if not _is_installed():
            add_fallback()

    @property
    def module(self) -> "Any":
        if self._module is None:
            self._module = importlib.import_module("azure.functions")
        return self._module

    def version(self) -> str:
        """The installed version, ``fallback``, or ``unknown`` if there is no metadata beside the package."""
        spec = importlib.util.find_spec("azure.functions")
        origin = (spec.origin if spec else None) or ""
        if origin.startswith(HERE + os.sep):
            return FALLBACK
        packages = os.path.dirname(os.path.dirname(os.path.dirname(origin)))
        try:
            names = os.listdir(packages)
        except OSError:
            names = []
        for name in names:
            found = re.match(r"azure[_.-]functions-(\d[^-]*?)(?:-py[\d.]+)?\.(?:dist|egg)-info$", name, re.IGNORECASE)
            if found:
                return found.group(1)
        return str(getattr(self.module, "__version__", "unknown"))

    def converter(self, binding_type: str) -> "Any":
        """The library's converter class for a binding type (in any case), None if it has none."""
        registry = self.module.get_binding_registry()
        found = registry.get(binding_type)
        if found is not None:
            return found
        wanted = binding_type.lower()
        names = getattr(registry, "_bindings", {})
        return next((names[name] for name in names if isinstance(name, str) and name.lower() == wanted), None)

    def response_classes(self) -> "Tuple[type, ...]":
        """Classes of which a response is an instance: the public one and the abstract one under it."""
        return self._classes("HttpResponse")

    def message_classes(self) -> "Tuple[type, ...]":
        """Classes of which a queue message is an instance."""
        return self._classes("QueueMessage")

    def _classes(self, name: str) -> "Tuple[type, ...]":
        public = getattr(self.module, name)
        return (public, getattr(sys.modules.get("azure.functions._abc"), name, public))

    def register_classes(self) -> "Tuple[type, ...]":
        """Classes of top-level app objects; FunctionRegister exists from 1.12 on. Empty before decorators."""
        for name in ("FunctionRegister", "FunctionApp"):
            found = getattr(self.module, name, None)
            if isinstance(found, type):
                return (found,)
        return ()

    def hooks(self) -> "Any":
        """The registry of worker extensions, None before 1.7."""
        return getattr(self.module, "ExtensionMeta", None)


def deferred_converter(binding_type: str, annotation: object) -> "Optional[Any]":
    """The SDK-type converter for an annotation such as BlobClient.

    Such types come from packages that import azurefunctions.extensions.base; if nothing has, there is none to find.
    """
    extensions = sys.modules.get(DEFERRED)
    if extensions is None or not isinstance(annotation, type):
        return None
    registry = extensions.get_binding_registry()
    if registry is None or not registry.check_supported_type(annotation):
        return None
    return registry.get(binding_type)
