"""Import hints: what to write instead of an import that failed."""

import os
import sys

from funchost_worker.app_paths import is_file_in
from funchost_worker.failure import HERE, message_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional

MISSING_PACKAGE = (
    "Cannot find module. Please check the requirements.txt file for the missing module. "
    "For more info, please refer the troubleshooting guide: https://aka.ms/functions-modulenotfound. "
    "Current sys.path: {}"
)
INSTALLATION = " To install what requirements.txt lists for this Python: {} -m pip install -r requirements.txt"
FASTAPI = "azurefunctions.extensions.http"
STREAMING = ("HTTP streaming with azurefunctions.extensions.http.fastapi is not supported yet: "
             "use azure.functions.HttpRequest, or serve the FastAPI app with azure.functions.AsgiFunctionApp.")


def _importing_folder(error: BaseException) -> "Optional[str]":
    """The folder of the file whose import statement failed."""
    folder = None
    step = error.__traceback__
    while step is not None:
        filename = step.tb_frame.f_code.co_filename
        if os.path.dirname(filename) != HERE and not filename.startswith("<"):
            folder = os.path.dirname(filename)
        step = step.tb_next
    return folder


def import_hint(error: BaseException, root: str) -> str:
    """Return the sentence that helps with a failed import, empty for any other exception.

    Source of the rules: the guide's section on import behaviour. Modules next to the function are imported
    relatively; shared code relatively, through `__app__`, or (outside of strict mode) by its own name.
    """
    if not isinstance(error, ImportError) or "requirements.txt" in message_of(error):
        return ""
    name = (error.name or "").split(".")[0]
    if (error.name or "").startswith("azurefunctions"):
        return STREAMING + " " + _missing_package(root)
    if isinstance(error, ModuleNotFoundError) and name:
        folder = _importing_folder(error)
        if folder and folder != root and folder.startswith(root + os.sep) and is_file_in(folder, name):
            return ("It lies next to the file that imports it: write `from . import {0}` "
                    "(or `from .{0} import ...`).".format(name))
        if is_file_in(root, name):
            return ("It lies in the app's root folder: write `from __app__ import {0}` "
                    "(or `from ..{0} import ...`).".format(name))
    return _missing_package(root)


def _missing_package(root: str) -> str:
    """Return what helps with a missing package; a server has installed what is listed, so there the list is wrong."""
    hint = MISSING_PACKAGE.format(sys.path)
    here = os.environ.get("AZURE_FUNCTIONS_ENVIRONMENT", "").lower() == "development"
    listed = here and os.path.isfile(os.path.join(root, "requirements.txt"))
    return hint + INSTALLATION.format(sys.executable) if listed else hint
