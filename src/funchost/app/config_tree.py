"""The tree of host.json: names compared case-insensitively, app settings laid over it, every value with its origin.

The existing host flattens host.json into configuration keys below ``AzureFunctionsJobHost`` and lets environment
variables of the same name win; here the tree stays a tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from funchost.app.json_positions import Key
from funchost.app.jsonc import Document, dotted
from funchost.errors import ConfigError, SettingError

PREFIX = "AzureFunctionsJobHost"

T = TypeVar("T")
D = TypeVar("D")


class ConfigNode:
    """One property: a value, or further properties, or (an override may do that) both. Absent ones read as defaults.

    Args:
        name: as written.
        keys: way from the top of the file.
        document: the file, None without one.
        setting: name of the app setting that gave the value, None if the file did.
    """

    def __init__(self, name: str, keys: tuple[Key, ...], document: Document | None, setting: str | None = None) -> None:
        self.name = name
        self.keys = keys
        self.value: object = None
        self.setting = setting
        self._document = document
        self._children: dict[str, ConfigNode] = {}
        self._is_list = False

    @property
    def present(self) -> bool:
        """Whether there is a value or a child that has one."""
        return self.value is not None or any(child.present for child in self._children.values())

    def at(self, *names: str) -> ConfigNode:
        """Return the node of a property; an absent one if it is not there.

        Raises:
            ConfigError: a list stands where an object must.
        """
        node = self
        for name in names:
            if node._is_list:
                raise node.error("This must be an object, not a list.")
            node = node._children.get(name.lower()) or ConfigNode(name, (*node.keys, name), node._document)
        return node

    def children(self) -> Iterator[ConfigNode]:
        """Yield the properties of an object or the items of a list, in order."""
        return iter(self._children.values())

    def read(self, convert: Callable[[object], T], default: D) -> T | D:
        """Return the converted value, `default` if there is none or a setting without a text took it away.

        Raises:
            ConfigError or SettingError: `convert` raised ValueError, or this is an object or list.
        """
        if self.value is None:
            if self.present:
                raise self.error(f"This must be one value, not {'a list' if self._is_list else 'an object'}.")
            return default
        try:
            return convert(self.value)
        except ValueError as error:
            if self.setting is not None and self.value == "":
                return default
            raise self.error(str(error)) from error

    def read_list(self, convert: Callable[[object], T]) -> tuple[T, ...]:
        """Return the converted items, empty if there are none.

        Raises:
            ConfigError or SettingError: an item cannot be converted, or this is not a list.
        """
        if self.value is not None:
            raise self.error('This must be a list, e.g. ["a", "b"].')
        items = (child.read(convert, None) for child in self.children())
        return tuple(item for item in items if item is not None)

    def error(self, message: str, *, hint: str | None = None) -> ConfigError | SettingError:
        """Return the error for this property: it names the file's line, or the app setting that gave the value."""
        if self.setting is not None:
            return SettingError(self.setting, message, hint=hint)
        if self._document is None:
            return SettingError("__".join([PREFIX, *map(str, self.keys)]), message, hint=hint)
        return self._document.error(message, self.keys, hint=hint)

    @property
    def label(self) -> str:
        """The way from the top: ``extensions.http.routePrefix``."""
        return dotted(self.keys)

    def plain(self) -> object:
        """Return the tree as plain objects, names as written."""
        if not self._children:
            return self.value if self.value is not None or not self._is_list else []
        if self._is_list or all(key.isdecimal() for key in self._children):
            return [child.plain() for child in self.children()]
        return {child.name: child.plain() for child in self.children()}

    def fill(self, value: object) -> None:
        """Take over a value of the file.

        Raises:
            ConfigError: an object has two properties whose names differ only in case.
        """
        if isinstance(value, dict):
            for name, item in value.items():
                if name.lower() in self._children:
                    other = self._children[name.lower()].name
                    node = ConfigNode(name, (*self.keys, name), self._document)
                    raise node.error(f"The property stands here a second time, see '{other}'; case does not count.")
                self._add(name, name).fill(item)
        elif isinstance(value, list):
            self._is_list = True
            for index, item in enumerate(value):
                self._add(str(index), index).fill(item)
        else:
            self.value = value

    def override(self, names: Sequence[str], value: str, setting: str) -> None:
        """Lay an app setting over the property that `names` leads to; a list index behind the end appends."""
        node = self
        for name in names:
            if node._is_list and name.isdecimal():
                name = str(min(int(name), len(node._children)))
            node = node._children.get(name.lower()) or node._add(name, name)
        node.value = value
        node.setting = setting

    def _add(self, name: str, key: Key) -> ConfigNode:
        child = ConfigNode(name, (*self.keys, key), self._document)
        self._children[name.lower()] = child
        return child


def build_tree(document: Document | None, environ: Mapping[str, str]) -> ConfigNode:
    """Return the tree of a file (None: no file) with the overrides of the app settings.

    Raises:
        ConfigError: see ConfigNode.fill.
    """
    root = ConfigNode("", (), document)
    if document is not None:
        root.fill(document.value)
    for names, setting in sorted(_overrides(environ)):
        root.override(names, environ[setting], setting)
    return root


def _overrides(environ: Mapping[str, str]) -> Iterator[tuple[list[str], str]]:
    for setting in environ:
        if setting[: len(PREFIX)].lower() == PREFIX.lower():
            first, *names = setting.replace("__", ":").split(":")
            if first.lower() == PREFIX.lower() and names and all(names):
                yield names, setting
