"""ServerProcess: `func server start` as a real process that a test talks to, stops and kills."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from funchost.deploy.client.servers_file import FOLDER_SETTING, load
from funchost.settings import process_environment
from funchost.testing.client import Headers, RequestBody, Response, send
from funchost.testing.console_process import ConsoleProcess, changed_environment
from funchost.testing.process_tree import descendants

SERVING = r"Serving on (?P<url>https?://\S+)"
STOP_TIMEOUT = 40.0
_FREE_PORTS = ("--port", "0", "--app-ports", "0", "--storage-ports", "0")


class ServerStartError(Exception):
    """The server ended, or did not serve in time; the text holds its console output."""


class ServerProcess(ConsoleProcess):
    """A running server; a context manager that starts it and leaves no process behind.

    Entered again after `stop` or `kill`, or made again with the same folder, it is the same server restarted.

    Args:
        folder: of its own: the data directory and the servers file live below it.
        arguments: options for `func server start`; all ports are free ones by default.
        env: variables on top of this process's own; None removes one.
        start_timeout: seconds until it must serve.
        prefix: a command that executes the one after it.

    Raises:
        ServerStartError: on entering.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        env: Mapping[str, str | None] | None = None,
        start_timeout: float = 30.0,
        prefix: Sequence[str] = (),
    ) -> None:
        self.data = folder / "data"
        self.config = folder / "config"
        """What FUNCHOST_CONFIG_DIR must be for commands that shall find this server."""
        self.url = ""
        """Where the management calls are, without a slash at the end."""
        self.token = ""
        """Of the administrator."""
        self._arguments = arguments
        environment = changed_environment(process_environment(), {FOLDER_SETTING: str(self.config), **(env or {})})
        super().__init__("server", environment, STOP_TIMEOUT)
        self._start_timeout = start_timeout
        self._prefix = tuple(prefix)

    def __enter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        """Start it, again after `stop` or `kill`."""
        given = {argument.partition("=")[0] for argument in self._arguments}
        free = [word for at in (0, 2, 4) if _FREE_PORTS[at] not in given for word in _FREE_PORTS[at : at + 2]]
        command = [sys.executable, "-m", "funchost", "server", "start", "--data", str(self.data), *free]
        self._run([*self._prefix, *command, *self._arguments])
        try:
            self.url = self.wait_for_line(SERVING, self._start_timeout)
            self.token = load(self.config).servers[self.url].token
        except (TimeoutError, KeyError) as error:
            self.kill()
            raise ServerStartError(f"{error}\n\nIts output:\n{self.output}") from error
        except BaseException:
            self.kill()
            raise

    @property
    def port(self) -> int:
        """Of management, SCM and apps by name."""
        return urlsplit(self.url).port or 0

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Of the processes below the server: instances, workers, builds."""
        return descendants(self.pid)

    def wait_for_line(self, pattern: str, timeout: float = 30.0, *, start: int = 0) -> str:
        """Return what the first console line in which `pattern` is found has for its first group, or for all of it.

        Raises:
            TimeoutError: there is no such line in time.
        """
        found = self._console.wait_for(pattern, timeout, start)
        return str(found[1] if found.re.groups else found[0])

    def request(
        self,
        method: str,
        path: str,
        *,
        host: str | None = None,
        headers: Headers = (),
        body: RequestBody = None,
        timeout: float = 60.0,
    ) -> Response:
        """Send a request to the server's port.

        Args:
            host: Host header's name: ``shop.localhost`` for an app, ``shop.scm.localhost`` for its SCM API; the port
                is added. None = the management calls.
        """
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
        if host is not None:
            pairs.append(("Host", f"{host}:{self.port}"))
        return send(self.url, method, path, headers=pairs, body=body, timeout=timeout)

    def manage(
        self, method: str, path: str, body: RequestBody = None, *, host: str | None = None, timeout: float = 60.0
    ) -> Response:
        """Send a management or SCM call with the admin token; a text is sent as JSON, bytes are a package."""
        kind = "application/json" if isinstance(body, str) else "application/zip"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        return self.request(method, path, host=host, headers=headers, body=body, timeout=timeout)

    def command_environment(self) -> dict[str, str]:
        """Return the environment in which `func` commands talk to this server."""
        return dict(self._environment)

    def kill_alone(self) -> None:
        """Kill the server process and nothing else; what it started must end by itself."""
        os.kill(self.pid, signal.SIGKILL)
        self._process.wait()
        self._finish()
