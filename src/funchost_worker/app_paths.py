"""App paths: where the app's imports are looked up. Order: what the interpreter has, the app's packages, the app root.

The app root comes last, so that an installed package beats an app module of the same name; `__app__` is the app root
under a name that nothing else has.
"""

import importlib
import importlib.machinery
import os
import site
import sys
import types

from funchost_worker.failure import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping, Optional

STRICT_SETTING = "PYTHON_STRICT_IMPORTS"
SITE_FOLDERS = ("site-packages", "dist-packages")
TRUE_TEXTS = frozenset({"1", "true", "t", "yes", "y"})
APP_PACKAGE = "__app__"


def is_true(environ: "Mapping[str, str]", setting: str) -> bool:
    return environ.get(setting, "").strip().lower() in TRUE_TEXTS


def add_packages(folder: str) -> None:
    """Put the app's own packages before the interpreter's first site-packages entry; `.pth` files are honoured."""
    before = list(sys.path)
    site.addsitedir(folder)
    added = [entry for entry in sys.path if entry not in before]
    place = next((i for i, entry in enumerate(before) if os.path.basename(entry) in SITE_FOLDERS), len(before))
    sys.path[:] = before[:place] + added + before[place:]


def add_app_root(root: str) -> None:
    if root not in sys.path:
        sys.path.append(root)
    importlib.invalidate_caches()


def install_app_package(root: str) -> None:
    """Make `__app__` a namespace package over the app root, whatever the folder's own name."""
    package = types.ModuleType(APP_PACKAGE, "The function app.")
    spec = importlib.machinery.ModuleSpec(APP_PACKAGE, None, is_package=True)
    spec.submodule_search_locations = [root]
    package.__spec__ = spec
    package.__path__ = spec.submodule_search_locations
    package.__package__ = APP_PACKAGE
    sys.modules[APP_PACKAGE] = package


def add_fallback() -> None:
    """Serve `azure.functions` from our own small package, behind everything the app has."""
    folder = os.path.join(HERE, "fallback")
    sys.path.append(folder)
    importlib.invalidate_caches()
    azure = sys.modules.get("azure")
    path = getattr(azure, "__path__", None)
    if isinstance(path, list):  # a regular package, of which Python looks at no other folder
        path.append(os.path.join(folder, "azure"))


def is_file_in(folder: str, name: str) -> "Optional[str]":
    """Return how the module `name` lies in `folder`: its file or package folder, None if it does not."""
    for candidate in (os.path.join(folder, name + ".py"), os.path.join(folder, name)):
        if os.path.isfile(candidate) if candidate.endswith(".py") else os.path.isdir(candidate):
            return candidate
    return None
