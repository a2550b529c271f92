"""HostProcess: `func start` on an app folder, as a real process that a test asks, reads and stops."""

from __future__ import annotations

import http.client
import json
import re
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from funchost.settings import STORAGE_PORTS, process_environment
from funchost.testing.client import Headers, RequestBody, Response, send
from funchost.testing.console_process import ConsoleProcess, changed_environment
from funchost.testing.eventually import eventually
from funchost.testing.process_tree import descendants

LISTENING = r"Listening on (?P<scheme>https?)://(?P<host>\[.+\]|[^:/\s]+):(?P<port>\d+)"
STOP_TIMEOUT = 30.0
"""Ten seconds of it are for requests in flight; the rest is for a busy machine."""


class HostStartError(Exception):
    """The host ended, or did not reach the awaited state in time; the text holds its console output."""


class HostProcess(ConsoleProcess):
    """A running host; a context manager that starts it and leaves no process behind.

    Args:
        app: the folder with host.json; the host runs with it as working directory.
        arguments: options for `func start`, e.g. ``"--cors", "https://example.com"``; the port is free by default.
        env: app settings and variables on top of this process's own; None removes one. The functions run with the
            Python that runs the tests when that is a virtual environment, unless `VIRTUAL_ENV` is given here. Its
            development storage is its own, on ports of its own, unless `FUNCHOST_STORAGE_PORTS` is None here.
        state: what `GET /admin/host/status` must say before the test goes on; None: go on as soon as it listens.
        admin_key: master key for that question, when the host checks keys.
        start_timeout: seconds until `state` must be reached.
        prefix: a command that executes the one after it, e.g. ``("nice",)`` or ``("setpriv", "--reuid", "nobody")``.

    Raises:
        HostStartError: on entering.
    """

    def __init__(
        self,
        app: Path | str,
        *arguments: str,
        env: Mapping[str, str | None] | None = None,
        state: str | None = "Running",
        admin_key: str | None = None,
        start_timeout: float = 30.0,
        prefix: Sequence[str] = (),
    ) -> None:
        super().__init__("host", _environment(env or {}), STOP_TIMEOUT)
        self.app = Path(app)
        self.url = ""
        """Scheme, host and port, without a slash at the end."""
        self._arguments = arguments
        self._state = state
        self._admin_headers = {"x-functions-key": admin_key} if admin_key else {}
        self._start_timeout = start_timeout
        self._prefix = tuple(prefix)

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "funchost", "start", "--port", "0"]
        self._run([*self._prefix, *command, *self._arguments], self.app)
        deadline = time.monotonic() + self._start_timeout
        try:
            self.url = _reachable(self.wait_for_line(LISTENING, self._start_timeout))
            if self._state is not None:
                self.wait_for_state(self._state, max(deadline - time.monotonic(), 0))
        except (TimeoutError, AssertionError) as error:
            self.kill()
            raise HostStartError(f"{error}\n\nIts output:\n{self.output}") from error
        except BaseException:
            self.kill()
            raise
        return self

    @property
    def worker_pids(self) -> tuple[int, ...]:
        """The processes below the host: its workers, and what they have started."""
        return descendants(self.pid)

    def wait_for_line(self, pattern: str, timeout: float = 30.0, *, start: int = 0) -> re.Match[str]:
        """Return the match of the first console line in which `pattern` is found.

        Args:
            pattern: regular expression.
            timeout: seconds.
            start: index of the first line to look at; `len(host.lines)` before an action leaves out what was there.

        Raises:
            TimeoutError: there is no such line in time.
        """
        return self._console.wait_for(pattern, timeout, start)

    def wait_for_state(self, state: str, timeout: float = 30.0) -> None:
        """Wait until `GET /admin/host/status` says `state`.

        Raises:
            AssertionError: it says something else, or cannot be asked, when the time is over.
            HostStartError: the host has ended.
        """
        eventually(lambda: self._has_state(state), timeout)

    def read_console_at(self, rate: float | None) -> None:
        """Be a slow reader: `rate` characters per second from here on, 0 = a stuck one, None = at full speed."""
        self._console.read_at(rate)

    def leave_console(self) -> None:
        """Close the reading end of the console when the next line has come."""
        self._console.leave()

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: Headers = (),
        body: RequestBody = None,
        timeout: float = 30.0,
    ) -> Response:
        """Send a request; see `funchost.testing.client.send`."""
        return send(self.url, method, path, headers=headers, body=body, timeout=timeout)

    def get(self, path: str, *, headers: Headers = (), timeout: float = 30.0) -> Response:
        """Send a GET request."""
        return self.request("GET", path, headers=headers, timeout=timeout)

    def post(self, path: str, body: RequestBody = b"", *, headers: Headers = (), timeout: float = 30.0) -> Response:
        """Send a POST request."""
        return self.request("POST", path, headers=headers, body=body, timeout=timeout)

    def status(self) -> dict[str, object]:
        """Return what `GET /admin/host/status` says."""
        answer = self.get("/admin/host/status", headers=self._admin_headers)
        document = json.loads(answer.body) if answer.status == 200 else None
        if not isinstance(document, dict):
            raise AssertionError(f"/admin/host/status answered {answer.status} {answer.text!r}")  # noqa: TRY004
        return document

    def function_errors(self, name: str) -> tuple[str, ...]:
        """Return why a function cannot run, empty if it can."""
        answer = self.get(f"/admin/functions/{name}/status", headers=self._admin_headers)
        document = json.loads(answer.body) if answer.status == 200 else None
        if not isinstance(document, dict):
            raise AssertionError(f"the status of {name} is {answer.status} {answer.text!r}")  # noqa: TRY004
        return tuple(document.get("errors") or ())

    def _has_state(self, awaited: str) -> bool:
        if self._process.poll() is not None:
            raise HostStartError(f"the host ended with exit code {self._process.returncode}:\n{self.output}")
        try:
            state = self.status().get("state")
        except (OSError, http.client.HTTPException) as error:
            raise AssertionError(f"no answer from {self.url}/admin/host/status: {error}") from error
        if state != awaited:
            raise AssertionError(f"the host is in state {state!r}, awaited is {awaited!r}")
        return True


def _environment(changes: Mapping[str, str | None]) -> dict[str, str]:
    environment = process_environment()
    if sys.prefix != sys.base_prefix:
        environment["VIRTUAL_ENV"] = sys.prefix
    # Hosts of tests that run at the same time must not find each other's store on the emulators' ports.
    environment.setdefault(STORAGE_PORTS, "0")
    return changed_environment(environment, changes)


def _reachable(listening: re.Match[str]) -> str:
    host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(listening["host"], listening["host"])  # noqa: S104
    return f"{listening['scheme']}://{host}:{listening['port']}"
