"""The options of `func start`, each declared once: spellings, value, default and meaning."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from funchost.cli.grammar import ToolOption, number
from funchost.cli.listening_options import address_option, certificate_option, port_option

DEFAULT_PORT = 7071
DEFAULT_ADDRESS = "127.0.0.1"
DEFAULT_TIMEOUT = 60.0

OTHER_LANGUAGES = (
    ("node", "--node"),
    ("javascript", "--javascript"),
    ("typescript", "--typescript"),
    ("dotnet", "--dotnet"),
    ("csharp", "--csharp"),
    ("dotnet_isolated", "--dotnet-isolated"),
    ("java", "--java"),
    ("powershell", "--powershell"),
    ("custom", "--custom"),
    ("go", "--go", "--golang"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartChoices:
    """What the command line of `func start` says; None and empty = not given."""

    port: int | None = None
    address: str | None = None
    cors: str | None = None
    cors_credentials: bool = False
    enable_auth: bool = False
    functions: tuple[str, ...] = ()
    script_root: Path | None = None
    user_log_level: str | None = None
    timeout: float | None = None
    language_worker: str | None = None
    use_https: bool = False
    cert: Path | None = None
    password: str | None = None
    enable_json_output: bool = False
    json_output_file: Path | None = None
    runtime: str | None = None
    python: bool = False
    verbose: bool = False


OPTIONS: tuple[ToolOption, ...] = (
    port_option(f"TCP port; 0 picks a free one.  [Host.LocalHttpPort, {DEFAULT_PORT}]"),
    address_option(f"IP address to listen on; 0.0.0.0 in a container.  [Host.LocalHttpAddress, {DEFAULT_ADDRESS}]"),
    ToolOption(
        "functions", "--functions", multiple=True, metavar="NAME...", help="Load these functions only: a b or a,b."
    ),
    ToolOption(
        "script_root",
        "--script-root",
        "--prefix",
        type=click.Path(path_type=Path),
        metavar="FOLDER",
        help="Folder of the app.  [AzureWebJobsScriptRoot, the nearest folder with an app]",
    ),
    ToolOption("cors", "--cors", metavar="ORIGINS", help="Origins that browsers may call from: a,b or *.  [Host.CORS]"),
    ToolOption(
        "cors_credentials",
        "--cors-credentials",
        is_flag=True,
        help="Let browsers send credentials to these origins.  [Host.CORSCredentials]",
    ),
    ToolOption(
        "enable_auth", "--enable-auth", "--enableAuth", is_flag=True, help="Check function keys and admin keys."
    ),
    ToolOption("use_https", "--use-https", "--useHttps", is_flag=True, help="Serve HTTPS."),
    certificate_option("Certificate with private key, PEM or PFX.  [a self-signed one]"),
    ToolOption("password", "--password", metavar="TEXT", help="Password of the certificate, or a file that holds it."),
    ToolOption(
        "language_worker",
        "--language-worker",
        metavar="ARGUMENTS",
        help='Interpreter arguments for the app, e.g. -- "-m debugpy --listen 127.0.0.1:9091".',
    ),
    ToolOption(
        "timeout",
        "-t",
        "--timeout",
        type=number(float, 0.1, 86400, "a number of seconds"),
        metavar="SECONDS",
        help=f"How long the app may take to load.  [{DEFAULT_TIMEOUT:g}]",
    ),
    ToolOption(
        "user_log_level",
        "--user-log-level",
        metavar="LEVEL",
        help="Least level of the app's own log lines: Trace, Debug, Information, Warning, Error, Critical, None.",
    ),
    ToolOption("verbose", "--verbose", is_flag=True, help="Show the host's log lines and the invocation of each line."),
    ToolOption(
        "enable_json_output",
        "--enable-json-output",
        is_flag=True,
        help="Print messages that start with azfuncjsonlog: bare, for editors.",
    ),
    ToolOption(
        "json_output_file",
        "--json-output-file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Append these messages to the file instead.",
    ),
    ToolOption("python", "--python", is_flag=True, help="The app is written in Python (it always is)."),
    ToolOption("runtime", "--runtime", metavar="NAME", help="Only default is possible."),
    ToolOption("debug", "--debug", is_flag=True, expose_value=False, help="Show the traceback of errors.  [CLI_DEBUG]"),
    ToolOption(
        "pause_on_error", "--pause-on-error", is_flag=True, expose_value=False, help="Wait for a key after an error."
    ),
    ToolOption("no_build", "--no-build", is_flag=True, no_effect="Python apps are not built before they start."),
    ToolOption("offline", "--offline", is_flag=True, no_effect="nothing is ever downloaded."),
    ToolOption("dotnet_isolated_debug", "--dotnet-isolated-debug", is_flag=True, no_effect="it is for .NET apps."),
    *(
        ToolOption(name, *flags, is_flag=True, no_effect="this host runs Python apps.")
        for name, *flags in OTHER_LANGUAGES
    ),
)


def without_effect(given: dict[str, Any]) -> tuple[str, ...]:
    """Return one sentence for each given option that has no meaning here, and take these options out of `given`."""
    idle = [option for option in OPTIONS if option.no_effect and given.pop(str(option.name), False)]
    return tuple(f"{option.shown_flag} has no effect: {option.no_effect}" for option in idle)
