"""SourceFile: what a Python file with decorated functions declares, and the file with more in it. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from funchost.errors import ConfigError

APP_CLASSES = frozenset({"FunctionApp", "AsgiFunctionApp", "WsgiFunctionApp", "DFApp", "Blueprint"})
_LIBRARY = "azure.functions"


@dataclass(frozen=True)
class SourceFile:
    """A Python file, read but not run.

    Args:
        path: for messages.
        text: with Unix line ends.
        app: variable that holds the FunctionApp or Blueprint, None if there is none.
        library: what `azure.functions` is called in it, None if it is not imported.
        names: top-level names -> 1-based line.
        functions: names of decorated functions, lower-cased -> (name, line).
        registered: variables that are handed to `register_functions`.
        has_imports: whether there are any.
        head_end: number of lines behind which an import may stand.
    """

    path: Path
    text: str
    app: str | None
    library: str | None
    names: Mapping[str, int]
    functions: Mapping[str, tuple[str, int]]
    registered: frozenset[str]
    has_imports: bool
    head_end: int

    def with_import(self, line: str) -> SourceFile:
        """Return the file with an import below the others, else below the docstring or the comments at the top."""
        lines = self.text.split("\n")
        at = self.head_end
        above = [""] if at and not self.has_imports else []
        below = [] if self.has_imports or not "".join(lines[at : at + 1]).strip() else [""]
        return read_source("\n".join([*lines[:at], *above, line, *below, *lines[at:]]), self.path)

    def with_end(self, code: str) -> SourceFile:
        """Return the file with more code at its end, behind two empty lines."""
        before = self.text.rstrip("\n")
        return read_source(before + ("\n\n\n" if before else "") + code.rstrip("\n") + "\n", self.path)


def read_source(text: str, path: Path) -> SourceFile:
    """Return what a file declares.

    Raises:
        ConfigError: it is not Python; names the line.
    """
    text = text.replace("\r\n", "\n")
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        what = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ConfigError(path, f"The file is not valid Python: {what}.", line=line) from None
    app = next(_apps(body), None)
    return SourceFile(
        path=path,
        text=text,
        app=app,
        library=_library(body),
        names=dict(_bound(body)),
        functions={name.lower(): (name, line) for name, line in _functions(body, app)},
        registered=frozenset(_registered(body)),
        has_imports=any(isinstance(node, ast.Import | ast.ImportFrom) for node in body),
        head_end=_head_end(body, text),
    )


def _apps(body: Sequence[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target]
        else:
            continue
        if isinstance(node.value, ast.Call) and _last_name(node.value.func) in APP_CLASSES:
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _library(body: Sequence[ast.stmt]) -> str | None:
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == _LIBRARY:
                    return alias.asname or _LIBRARY
        elif isinstance(node, ast.ImportFrom) and node.module == "azure" and not node.level:
            for alias in node.names:
                if alias.name == "functions":
                    return alias.asname or alias.name
    return None


def _bound(body: Sequence[ast.stmt]) -> Iterator[tuple[str, int]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name.partition(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.For | ast.With | ast.If | ast.Try):
            names = (each for each in ast.walk(node) if isinstance(each, ast.Name))
            yield from ((each.id, each.lineno) for each in names if isinstance(each.ctx, ast.Store))


def _functions(body: Sequence[ast.stmt], app: str | None) -> Iterator[tuple[str, int]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            calls = [each for each in node.decorator_list if _is_of(each, app)]
            if calls:
                named = (_given_name(call) for call in calls if isinstance(call, ast.Call))
                yield next((name for name in named if name), node.name), node.lineno


def _is_of(decorator: ast.expr, app: str | None) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == app


def _given_name(call: ast.Call) -> str | None:
    """Return what ``@app.function_name(...)`` calls the function."""
    if _last_name(call.func) != "function_name":
        return None
    values = [*call.args[:1], *(each.value for each in call.keywords if each.arg == "name")]
    return next((str(each.value) for each in values if isinstance(each, ast.Constant)), None)


def _registered(body: Sequence[ast.stmt]) -> Iterator[str]:
    for node in body:
        call = node.value if isinstance(node, ast.Expr) else None
        if isinstance(call, ast.Call) and _last_name(call.func) in ("register_functions", "register_blueprint"):
            yield from (_last_name(each) for each in [*call.args, *(keyword.value for keyword in call.keywords)])


def _head_end(body: Sequence[ast.stmt], text: str) -> int:
    line = 0
    for number, node in enumerate(body):
        is_docstring = number == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_docstring or isinstance(node, ast.Import | ast.ImportFrom):
            line = node.end_lineno or node.lineno
    if line:
        return line
    return next((number for number, each in enumerate(text.split("\n")) if not each.startswith("#")), 0)
