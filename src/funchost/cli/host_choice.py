"""Which host `func start` runs: options of the command line beat section Host of local.settings.json beats defaults."""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from funchost.app.local_settings import HostSection, LocalSettings
from funchost.cli.app_environment import app_environment
from funchost.cli.start_options import DEFAULT_ADDRESS, DEFAULT_PORT, DEFAULT_TIMEOUT, StartChoices
from funchost.errors import ConfigError, FuncHostError, UsageError
from funchost.host.options import HostOptions
from funchost.http.tls import TlsOptions
from funchost.logs import LogLevel

T = TypeVar("T")

USER_LOG_LEVEL = "FUNCTIONS_USER_LOG_LEVEL"


def host_options(
    choices: StartChoices,
    read: Callable[[], LocalSettings],
    environ: Mapping[str, str],
    root: Path,
    *,
    notices: tuple[str, ...] = (),
    colour: bool = False,
) -> HostOptions:
    """Return the options of the host.

    A local.settings.json that cannot be read does not end the start: the host comes up without it, says what is
    wrong with it, and reads it again when it is mended.

    Args:
        read: reads local.settings.json; raises ConfigError.
        environ: environment of this process.
        notices: sentences to print before those that arise here.

    Raises:
        UsageError: a value of the command line is none.
        FuncHostError: an option asks for something that does not exist here, or a setting is wrong.
    """
    check_runtime(choices.runtime)
    local = _readable(read)
    port = _first(choices.port, local.host.port, DEFAULT_PORT)
    json_output = choices.enable_json_output or choices.json_output_file is not None

    def environment_with(settings: LocalSettings) -> tuple[dict[str, str], tuple[str, ...]]:
        return app_environment(
            settings,
            environ,
            root=root,
            port=port,
            functions=choices.functions,
            python=choices.python,
            json_output=json_output,
        )

    environment, skipped = environment_with(local)
    origins, credentials = cors(choices, local.host)
    return HostOptions(
        root=root,
        address=address(choices.address, local.host.address),
        port=port,
        environment=environment,
        read_environment=lambda: environment_with(read())[0],
        cors_origins=origins,
        cors_credentials=credentials,
        enforce_keys=choices.enable_auth,
        verbose=choices.verbose,
        user_log_level=user_log_level(choices.user_log_level, environment),
        worker_start_timeout=_first(choices.timeout, None, DEFAULT_TIMEOUT),
        worker_arguments=worker_arguments(choices.language_worker),
        tls=tls_options(choices),
        notices=notices + skipped + idle_options(choices),
        json_output=json_output,
        json_output_file=choices.json_output_file and choices.json_output_file.resolve(),
        colour=colour,
    )


def _readable(read: Callable[[], LocalSettings]) -> LocalSettings:
    try:
        return read()
    except ConfigError:
        return LocalSettings()


def address(option: str | None, setting: str | None) -> str:
    """Return the IP address to listen on.

    Raises:
        UsageError: the option or setting is not an IP address; the value is not accepted as a host name, since one
            name may stand for several addresses.
    """
    text = option or setting or DEFAULT_ADDRESS
    source = "--address" if option else "Host.LocalHttpAddress"
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        raise UsageError(
            f"Invalid {source} value {text!r}: it must be an IP address.",
            hint="127.0.0.1 is this machine alone, 0.0.0.0 every network of it.",
        ) from None


def cors(choices: StartChoices, section: HostSection) -> tuple[tuple[str, ...], bool]:
    """Return the allowed origins and whether browsers may send credentials to them.

    Raises:
        UsageError: credentials together with all origins, which browsers refuse.
    """
    origins = section.cors
    if choices.cors is not None:
        origins = tuple(origin for part in choices.cors.split(",") if (origin := part.strip()))
    credentials = choices.cors_credentials or section.cors_credentials
    if credentials and "*" in origins:
        raise UsageError(
            "CORS: the origin * cannot be combined with credentials; browsers refuse such answers.",
            hint="List the origins (--cors or Host.CORS in local.settings.json), or leave credentials out.",
        )
    return tuple(origin if origin == "*" else origin.rstrip("/") for origin in origins), credentials


def user_log_level(option: str | None, environment: Mapping[str, str]) -> str | None:
    """Return the level of the app's own lines: of the option, else of FUNCTIONS_USER_LOG_LEVEL, else None.

    Raises:
        UsageError: there is no such level.
    """
    text = option or environment.get(USER_LOG_LEVEL) or None
    if text is None:
        return None
    try:
        return LogLevel.parse(text).name.title()
    except ValueError as error:
        source = "--user-log-level" if option else USER_LOG_LEVEL
        raise UsageError(f"{source}: {error}.") from None


def tls_options(choices: StartChoices) -> TlsOptions | None:
    """Return the certificate to serve HTTPS with, None for HTTP."""
    if not choices.use_https:
        return None
    return TlsOptions(certificate=choices.cert and choices.cert.resolve(), password=choices.password)


def idle_options(choices: StartChoices) -> tuple[str, ...]:
    """Return a sentence for each option that only counts together with one that was not given."""
    if choices.use_https:
        return ()
    given = (("--cert", choices.cert), ("--password", choices.password))
    return tuple(f"{flag} has no effect without --use-https." for flag, value in given if value is not None)


def worker_arguments(text: str | None) -> tuple[str, ...]:
    """Return the interpreter arguments in `text`, split as a shell does.

    Raises:
        UsageError: a quote is not closed.
    """
    try:
        return tuple(shlex.split(text or ""))
    except ValueError as error:
        raise UsageError(f"--language-worker {text!r} cannot be split into arguments: {error}.") from None


def check_runtime(runtime: str | None) -> None:
    """Accept ``--runtime default`` alone.

    Raises:
        FuncHostError: another host runtime is asked for; they are all for .NET apps.
    """
    if runtime is not None and runtime.lower() != "default":
        raise FuncHostError(f"--runtime {runtime} is not possible: it is for .NET apps.", hint="Leave --runtime out.")


def _first(option: T | None, setting: T | None, default: T) -> T:
    if option is not None:
        return option
    return default if setting is None else setting
