"""`func storage start`: serve an embedded store as the Azure storage services, until a signal ends it."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from funchost.cli.grammar import ToolCommand, ToolOption
from funchost.cli.listening_options import PORT
from funchost.cli.storage_connection import embedded_folder, folder_option, open_store
from funchost.errors import PortInUseError
from funchost.settings import process_environment

if TYPE_CHECKING:
    from funchost.storage.endpoints import Service

EXAMPLES = """\b
Examples:
  func storage start                                   the store of this folder, on ports 10000 to 10002
  func storage start --folder /tmp/store --blob-port 0 --queue-port 0 --table-port 0
  func storage start --host 0.0.0.0                    for other machines too

The connection string goes to stdout, all else to stderr. Several processes may serve or use one folder at once.
Ctrl-C ends it; what was written stays."""

SERVICES = ("blob", "queue", "table")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def run_start(folder: Path | None, address: str, blob: int, queue: int, table: int) -> int:
    """Serve the embedded store as the Azure blob, queue and table services, on 127.0.0.1 unless told otherwise."""
    import uvloop

    ports: Mapping[Service, int] = {"blob": int(blob), "queue": int(queue), "table": int(table)}
    uvloop.run(_serve(embedded_folder(folder, process_environment()).resolve(), address, ports))
    return 0


async def _serve(folder: Path, address: str, ports: Mapping[Service, int]) -> None:
    from funchost.host.stop_signals import StopSignals
    from funchost.http.storage_fronts import StorageFronts
    from funchost.storage.development import connection_string

    signals = StopSignals()
    async with open_store(folder) as store:
        fronts = StorageFronts(store, address, _report_fault)
        try:
            await fronts.open(ports)
        except PortInUseError as error:
            raise PortInUseError(
                error.message.partition(".")[0] + ".",
                hint="End the process that uses it, or choose others: --blob-port, --queue-port, --table-port"
                " (0 = any free one).",
            ) from None
        try:
            click.echo(connection_string(fronts.ports))
            sys.stdout.flush()
            places = ", ".join(f"{service} on {address}:{port}" for service, port in fronts.ports.items())
            _tell(f"Serving the store in {folder}: {places}. Ctrl-C ends it.")
            if address not in LOOPBACK:
                _tell("Whoever reaches this machine can use the store: the key of devstoreaccount1 is no secret.")
            await signals.first()
        finally:
            await fronts.close()


def _report_fault(operation: str, error: Exception) -> None:
    trace = "".join(traceback.format_exception(error))
    _tell(f"{trace}error: {operation} failed: {type(error).__name__}: {error}")


def _tell(text: str) -> None:
    with suppress(OSError):  # whoever read it is gone
        click.echo(text, err=True)


def _port(service: str, default: int) -> ToolOption:
    return ToolOption(
        service,
        f"--{service}-port",
        type=PORT,
        default=default,
        metavar="PORT",
        help=f"Port of the {service} service (default: {default}; 0 = any free one).",
    )


start = ToolCommand(
    "start",
    params=[
        folder_option(),
        ToolOption("address", "--host", default="127.0.0.1", metavar="ADDRESS", help="IP address to listen on."),
        *(_port(service, 10000 + place) for place, service in enumerate(SERVICES)),
    ],
    callback=run_start,
    help=run_start.__doc__,
    short_help="Serve the embedded store, as Azurite would.",
    epilog=EXAMPLES,
)
