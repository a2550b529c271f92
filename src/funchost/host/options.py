"""HostOptions: everything a host needs to know before it starts, decided by whoever starts it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from funchost.http.tls import TlsOptions
    from funchost.workers.interpreter import Interpreter


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOptions:
    """How to run one host instance of one function app.

    Args:
        root: absolute app folder.
        address: IP address to listen on.
        port: TCP port, 0 = any free one.
        environment: app settings and process environment, merged, as known at the start; the HTTP front goes by it.
        read_environment: called before each load for what the workers get, so that settings can change while the
            host runs; raises FuncHostError if they cannot be read. None = `environment`.
        cors_origins: allowed origins, ``("*",)`` for all, empty = no CORS headers.
        cors_credentials: whether browsers may send credentials to the allowed origins.
        enforce_keys: check function and admin keys although this is a development host.
        verbose: show system log lines and the invocation of each line.
        user_log_level: least level of the app's own log lines, None = as host.json says.
        worker_start_timeout: seconds a worker has from its start until it has loaded the functions.
        worker_arguments: interpreter arguments in front of the worker script.
        tls: certificate to serve HTTPS with, None = HTTP.
        notices: sentences to print first, e.g. settings that were skipped.
        json_output: pass on the JSON log lines that editors read.
        json_output_file: where these lines go instead of the console.
        colour: whether console lines may carry colour codes.
        interpreter: runs the app; None = settings, virtual environments and PATH are looked through.
        watch_files: load the app again when its files change.
        listens: take messages, timers and blobs as soon as the app is loaded.
        read_only: nothing may be written to the app's folder.
        behind_gateway: nobody but a gateway reaches it, so X-Forwarded-Proto says which scheme clients use.
    """

    root: Path
    address: str
    port: int
    environment: Mapping[str, str]
    read_environment: Callable[[], Mapping[str, str]] | None = None
    cors_origins: tuple[str, ...] = ()
    cors_credentials: bool = False
    enforce_keys: bool = False
    verbose: bool = False
    user_log_level: str | None = None
    worker_start_timeout: float = 60.0
    worker_arguments: tuple[str, ...] = ()
    tls: TlsOptions | None = None
    notices: tuple[str, ...] = ()
    json_output: bool = False
    json_output_file: Path | None = None
    colour: bool = False
    interpreter: Interpreter | None = None
    watch_files: bool = True
    listens: bool = True
    read_only: bool = False
    behind_gateway: bool = False
