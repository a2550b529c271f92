"""RouteTable: finds the endpoint of a request. Built once per published app, then only read."""

from __future__ import annotations

from collections.abc import Iterable

from funchost.app.function_app import FunctionApp
from funchost.app.route_parts import Literal
from funchost.http.endpoint import Endpoint, broken_endpoint, make_endpoint
from funchost.http.request_path import segments

Match = tuple[Endpoint, dict[str, str]]

_NO_VALUES: dict[str, str] = {}


class RouteTable:
    """All routes of an app. Literal segments beat parameters, constrained ones beat free ones, a catch-all comes last;
    ties go by function name, and to the function that can run. A verb that the function does not list is no match.
    """

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        ordered = sorted(endpoints, key=lambda e: (e.template.precedence, e.function is None, e.name.lower()))
        self.endpoints = tuple(ordered)
        self._fixed: dict[str, tuple[Endpoint, ...]] = {}
        patterns: list[Endpoint] = []
        for endpoint in ordered:
            literal = endpoint.template.literal
            if literal is None:
                patterns.append(endpoint)
                continue
            # Both spellings: requests mostly use the author's, and then nothing has to be lower-cased.
            for spelling in {f"/{literal}", f"/{endpoint.template.text}"}:
                self._fixed[spelling] = (*self._fixed.get(spelling, ()), endpoint)
        self._depth = _shared_depth(patterns)
        self._unknown = tuple(e for e in patterns if self._branch(e) is None)
        self._branches = {
            branch: tuple(e for e in patterns if self._branch(e) in (None, branch))
            for branch in {self._branch(e) for e in patterns} - {None}
        }

    def match(self, method: str, path: str) -> Match | None:
        """Return the endpoint for a request and the values of its route, None if no function wants it.

        Args:
            path: from request_path.
        """
        if "%" not in path:
            fixed = self._fixed.get(path)
            if fixed is None:
                fixed = self._fixed.get((path[:-1] if path[-1] == "/" and path != "/" else path).lower(), ())
            for endpoint in fixed:
                if endpoint.methods is None or method in endpoint.methods:
                    return endpoint, _NO_VALUES
        return self._match_patterns(method, path)

    def _match_patterns(self, method: str, path: str) -> Match | None:
        if not self._unknown and not self._branches and "%" not in path:
            return None
        pieces, trailing = segments(path)
        if "%" in path:
            fixed = self._fixed.get("/" + "/".join(pieces).lower(), ()) if "%2F" not in path.upper() else ()
            for endpoint in fixed:
                if endpoint.methods is None or method in endpoint.methods:
                    return endpoint, _NO_VALUES
        depth = self._depth
        branch = pieces[depth].lower() if len(pieces) > depth else None
        for endpoint in self._unknown if branch is None else self._branches.get(branch, self._unknown):
            if endpoint.methods is not None and method not in endpoint.methods:
                continue
            values = endpoint.template.match(pieces, trailing_slash=trailing)
            if values is not None:
                return endpoint, values
        return None

    def _branch(self, endpoint: Endpoint) -> str | None:
        """Return the literal in which patterns differ first, None if the endpoint has none there."""
        parts = endpoint.template.segments
        if len(parts) > self._depth:
            part = parts[self._depth]
            if isinstance(part, Literal):
                return part.text
        return None


def _shared_depth(endpoints: list[Endpoint]) -> int:
    """Return how many leading segments all patterns have in common: the route prefix, as a rule."""
    if not endpoints:
        return 0
    depth = 0
    for parts in zip(*(e.template.segments for e in endpoints), strict=False):
        first = parts[0]
        if not isinstance(first, Literal) or any(part != first for part in parts):
            break
        depth += 1
    return depth


def build_routes(app: FunctionApp) -> tuple[RouteTable, tuple[str, ...]]:
    """Return the table for an app and a sentence for each function that cannot be routed."""
    prefix = app.host.http.route_prefix
    endpoints: list[Endpoint] = []
    problems: list[str] = []
    errors = dict(app.errors)  # a function in error may differ from one that runs in the case of its name only
    for function in app.functions:
        error = errors.pop(function.name, None)
        if not function.is_http:
            continue
        try:
            endpoints.append(make_endpoint(function, prefix, error))
        except ValueError as problem:
            problems.append(f"The function '{function.name}' has no URL: {problem}.")
    for error in errors.values():
        try:
            endpoints.append(broken_endpoint(error, prefix))
        except ValueError:
            continue  # such a name is itself what is wrong, and the error says so
    return RouteTable(endpoints), tuple(problems)
