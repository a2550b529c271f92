"""Project: a folder with an app under development, as the tool finds it."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from funchost.app.function_app import Model
from funchost.errors import ConfigError, FuncHostError
from funchost.projects.source_file import SourceFile, read_source

ROOT_FILES = ("host.json", "local.settings.json")


@dataclass(frozen=True, slots=True)
class Project:
    """A folder that may hold a project.

    Args:
        root: absolute folder.
        entry: name of the file with the FunctionApp, e.g. ``function_app.py``.
    """

    root: Path
    entry: str

    @property
    def exists(self) -> bool:
        return self.has_entry or bool(self.folders) or any((self.root / name).is_file() for name in ROOT_FILES)

    @property
    def has_entry(self) -> bool:
        return (self.root / self.entry).is_file()

    @property
    def folders(self) -> tuple[str, ...]:
        """Names of the folders with a function.json."""
        return tuple(sorted(path.parent.name for path in self.root.glob("*/function.json")))

    @property
    def model(self) -> Model:
        """The model that functions are added in: decorators where the entry file is."""
        return Model.DECORATORS if self.has_entry else Model.FUNCTION_JSON

    def enclosing(self) -> Path | None:
        """Return the nearest folder above that holds a project, None if there is none."""
        for folder in self.root.parents:
            if any((folder / name).is_file() for name in (*ROOT_FILES, self.entry)):
                return folder
        return None

    def taken_names(self, model: Model) -> frozenset[str]:
        """Return the names, in lower case, that no new function of this model can have."""
        if model is Model.FUNCTION_JSON:
            return frozenset(name.lower() for name in self.folders)
        sources = self.other_sources(self.root)
        return frozenset(name.lower() for source in sources for name in (*source.functions, *source.names))

    def other_sources(self, path: Path) -> Iterator[SourceFile]:
        """Return the root's Python files with an app, but for `path`; those that cannot be read are none."""
        for other in sorted(self.root.glob("*.py")):
            if other != path:
                try:
                    source = load_source(other)
                except FuncHostError:
                    continue
                if source.app is not None:
                    yield source


def load_source(path: Path) -> SourceFile:
    """Return what a Python file declares.

    Raises:
        FuncHostError: it cannot be read, or is not Python.
    """
    return read_source(_decoded(path)[0], path)


def content_like(path: Path, text: str) -> bytes:
    """Return `text` as the content of a file, in the encoding and with the line ends of the one that is there.

    Raises:
        ConfigError: its encoding has no such character.
    """
    if not path.exists():
        return text.encode()
    before, encoding = _decoded(path)
    try:
        return (text.replace("\n", "\r\n") if "\r\n" in before else text).encode(encoding)
    except UnicodeEncodeError as error:
        raise ConfigError(
            path, f"The file's encoding, {encoding}, has no {error.object[error.start]!r}.", hint="Save it as UTF-8."
        ) from None


def _decoded(path: Path) -> tuple[str, str]:
    try:
        data = path.read_bytes()
        encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        return data.decode(encoding), encoding
    except (SyntaxError, UnicodeDecodeError) as error:
        raise ConfigError(path, f"The file's text cannot be decoded: {error}.") from error
    except OSError as error:
        raise ConfigError(path, f"The file cannot be read: {error.strerror}.") from error
