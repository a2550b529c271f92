"""function.json: the declaration of one function in a folder of its own."""

from __future__ import annotations

from pathlib import Path

from funchost.app import values
from funchost.app.declaration import Declaration
from funchost.app.function_app import Model
from funchost.app.jsonc import Document, read
from funchost.app.problem import DeclarationProblem
from funchost.app.script_file import find_script, is_inside

FILE_NAME = "function.json"
_SOURCES = ("config", "attributes")


def read_function_json(root: Path, folder: Path) -> Document:
    """Return the document in a function's folder.

    Raises:
        ConfigError: it cannot be read or is not JSON.
        DeclarationProblem: a link leads out of the app.
    """
    path = folder / FILE_NAME
    for place, what in ((folder, "function's folder"), (path, FILE_NAME)):
        if not is_inside(root, place):
            raise DeclarationProblem(f"The {what} is a link that leaves the app folder: '{place.resolve()}'.")
    document = read(path)
    if document is None:
        raise DeclarationProblem(f"{FILE_NAME} has disappeared.")
    return document


def read_declaration(root: Path, folder: Path, document: Document) -> Declaration:
    """Return what a function.json says. `disabled` and unknown properties do not count, case neither.

    Raises:
        DeclarationProblem: a property has the wrong kind.
    """
    own: dict[str, str] = {}
    for spelling in document.value:
        other = own.setdefault(spelling.lower(), spelling)
        if other != spelling:
            message = f"Error parsing function.json: It has both '{other}' and '{spelling}'; case does not count."
            raise DeclarationProblem(message, (spelling,))

    def get(name: str) -> object:
        return document.value.get(own.get(name.lower(), name))

    def text(name: str) -> str | None:
        try:
            return None if get(name) is None else values.text(get(name)).strip() or None
        except ValueError as error:
            message = f"Error parsing function.json: Invalid value specified for property '{name}'. {error}"
            raise DeclarationProblem(message, (own[name.lower()],)) from error

    source = text("configurationSource")
    if source is not None and source.lower() not in _SOURCES:
        message = f"Illegal value '{source}' for 'configurationSource' property in {folder.name}'."
        raise DeclarationProblem(message, (own["configurationsource"],))
    script = find_script(root, folder, text("scriptFile"))
    return Declaration(
        name=folder.name,
        directory=folder,
        script_file=script.path,
        source=document.path,
        model=Model.FUNCTION_JSON,
        bindings=get("bindings"),
        entry_point=text("entryPoint"),
        retry=get("retry"),
        config=document.value,
        problem=script.problem,
    )
