"""The import order of the rooms, checked by reading the source; nothing is imported.

A room imports from rooms below it. Everybody may import the leaves; only `testing` may import everything, and nobody
imports `testing`. The worker runs in the app's interpreter, so it imports the standard library and itself, and the host
shares one module with it: the wire, which only `workers` speaks.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.syntax_tree import outline

LEAVES = frozenset({"errors", "settings", "logs", "console"})
FLOORS = {
    "app": 1,
    "storage": 2,
    "bindings": 3,
    "workers": 4,
    "dispatch": 5,
    "http": 6,
    "triggers": 6,
    "host": 7,
    "projects": 8,
    "deploy": 8,
    "platform": 9,
    "cli": 10,
    "__main__": 11,
    "testing": 12,
}
SHARED_WITH_WORKER = frozenset({"funchost_worker", "funchost_worker.wire"})
NEWER_STANDARD_LIBRARY = ("annotationlib",)
"""Modules of Python 3.14 that the worker uses there; an older Python that runs this check does not know them."""

ENVIRONMENT = frozenset({"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"})


@dataclass(frozen=True, slots=True)
class Violation:
    """One line that breaks a rule."""

    module: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.module}, line {self.line}: {self.rule}"


@dataclass(frozen=True, slots=True)
class _Import:
    line: int
    level: int
    module: str


def check_tree(src: Path) -> list[Violation]:
    """All violations under a `src` folder that holds `funchost` and `funchost_worker`."""
    found: list[Violation] = []
    for path in sorted(src.rglob("*.py")):
        parts = path.relative_to(src).with_suffix("").parts
        if "fallback" in parts:
            found += check_fallback(".".join(parts), path.read_text(encoding="utf-8"))
        elif parts[0] == "funchost_worker":
            found += check_worker(".".join(parts), path.read_text(encoding="utf-8"))
        elif parts[0] == "funchost":
            found += check_host(".".join(parts), path.read_text(encoding="utf-8"))
    return found


def check_host(module: str, source: str) -> list[Violation]:
    """Violations of one host-side module: import order, absolute imports, the environment.

    Args:
        module: dotted name, e.g. `funchost.http.front`.
    """
    found: list[Violation] = []
    if module != "funchost.settings" and any(name in source for name in ENVIRONMENT):
        found += [
            Violation(module, line, "only funchost.settings reads the environment")
            for line in _environment(ast.parse(source))
        ]
    for item in _imports(source):
        if item.level:
            found.append(Violation(module, item.line, "relative import"))
        elif reason := _forbidden(module, item.module):
            found.append(Violation(module, item.line, reason))
    return found


def check_worker(module: str, source: str) -> list[Violation]:
    """Violations of one module of the worker: it imports the standard library and itself."""
    own = (*sys.stdlib_module_names, *NEWER_STANDARD_LIBRARY, "funchost_worker")
    return [
        Violation(
            module, item.line, "relative import" if item.level else f"imports {item.module}, not standard library"
        )
        for item in _imports(source)
        if item.level or item.module.partition(".")[0] not in own
    ]


def check_fallback(module: str, source: str) -> list[Violation]:
    """Violations of one module of the fallback: it is `azure.functions` itself, and knows nothing of the worker."""
    return [
        Violation(module, item.line, f"imports {item.module}, not standard library")
        for item in _imports(source)
        if not item.level
        and item.module.partition(".")[0] not in sys.stdlib_module_names
        and not item.module.startswith("azure.functions")
    ]


def _forbidden(importer: str, imported: str) -> str | None:
    top, *below = imported.split(".")
    if top == "funchost_worker":
        if _room(importer) != "workers":
            return f"imports {imported}; only funchost.workers may"
        return None if imported in SHARED_WITH_WORKER else f"imports {imported}; the host shares only the wire"
    if top != "funchost" or not below:
        return None
    here, there = _room(importer), below[0]
    if there in LEAVES or there == here:
        return None
    if there not in FLOORS:
        return f"imports {imported}, which is in no known room"
    if here in LEAVES or here == "":
        return f"imports {imported}; a leaf imports only leaves"
    return None if FLOORS[there] < FLOORS[here] else f"imports {imported}; {here} stands below or beside {there}"


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] != "__init__" else ""


def _imports(source: str) -> Iterator[_Import]:
    for node in outline(source).imports:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield _Import(node.lineno, 0, alias.name)
        else:
            yield from _from_import(node)


def _from_import(node: ast.ImportFrom) -> Iterator[_Import]:
    module = node.module or ""
    if module in {"funchost", "funchost_worker"} and not node.level:
        # `from funchost import http` names a room; a lower-case name there is a module, the others are attributes
        for alias in node.names:
            named = f"{module}.{alias.name}"
            yield _Import(node.lineno, 0, module if alias.name.startswith("_") else named)
    else:
        yield _Import(node.lineno, node.level, module)


def _environment(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            if node.attr in ENVIRONMENT:
                yield node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            if any(alias.name in ENVIRONMENT for alias in node.names):
                yield node.lineno
