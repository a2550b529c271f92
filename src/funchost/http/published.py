"""Published: what the front has worked out for the app version that serves now. Replaced as a whole."""

from __future__ import annotations

from funchost.app.function_app import FunctionApp, FunctionError
from funchost.http.extra_headers import ExtraHeaders
from funchost.http.routes import RouteTable, build_routes
from funchost.http.throttle import Throttle


class Published:
    """Routes, throttle and added headers of one app version.

    Args:
        app: None before the first version.
        throttle: the previous version's; requests that run keep counting if the limits are the same.
    """

    __slots__ = ("app", "extra", "failure", "problems", "routes", "throttle")

    def __init__(self, app: FunctionApp | None = None, throttle: Throttle | None = None) -> None:
        self.app = app
        self.routes = RouteTable(())
        self.problems: tuple[str, ...] = ()
        self.throttle: Throttle | None = None
        self.extra: ExtraHeaders | None = None
        self.failure: FunctionError | None = None
        """The error of an app in which no function could be found."""
        if app is None:
            return
        self.routes, self.problems = build_routes(app)
        if not app.functions:
            self.failure = next(iter(app.errors.values()), None)
        http = app.host.http
        extra = ExtraHeaders(http)
        self.extra = extra if extra.wanted else None
        limits = (http.max_outstanding_requests, http.max_concurrent_requests)
        if throttle is not None and (throttle.outstanding, throttle.concurrent) == limits:
            self.throttle = throttle
        elif limits != (None, None):
            self.throttle = Throttle(*limits)
