"""`func functionapp scale`: how many host instances an app may have, and how large each may become."""

from __future__ import annotations

from functools import partial
from typing import Any

from funchost.cli.command_group import group
from funchost.cli.functionapp_output import output_option, show_one
from funchost.cli.functionapp_server import Connection, ServerArguments, on_server, site_command
from funchost.cli.grammar import ToolOption, number
from funchost.errors import UsageError

MOST = 200
LARGEST_MEMORY = 1024 * 1024
COUNTED = "a number of instances"
MEMORY = "maxMemoryInMb"
MINIMUM, MAXIMUM = "minimumElasticInstanceCount", "functionAppScaleLimit"
EXAMPLES = """\b
Examples:
  func functionapp scale show -n shop
  func functionapp scale set -n shop --minimum 1 --maximum 4     one instance is always there, four at most
  func functionapp scale set -n shop --minimum 0                 an idle app has none
  func functionapp scale set -n shop --memory 512                an instance that needs more than 512 MiB is replaced"""


def run_show(name: str, slot: str | None, output: str | None, **where: Any) -> None:
    """Show the limits and the instances that run now."""

    async def work(connection: Connection) -> None:
        show_one(await _scale(connection, await connection.find(name, slot)), output)

    on_server(ServerArguments(**where), work)


def run_set(
    name: str,
    slot: str | None,
    minimum: float | None,
    maximum: float | None,
    memory: float | None,
    output: str | None,
    **where: Any,
) -> None:
    """Set how many instances are always there, how many there are at most, and how much memory one may use."""
    limits: dict[str, object] = {
        key: int(value) for key, value in ((MINIMUM, minimum), (MAXIMUM, maximum)) if value is not None
    }
    if memory is not None:
        limits["limits"] = {MEMORY: int(memory)}
    if not limits:
        raise UsageError("There is nothing to set.", hint="Give --minimum, --maximum or --memory.")
    if minimum is not None and maximum is not None and minimum > maximum:
        raise UsageError(f"The minimum of {minimum:g} is more than the maximum of {maximum:g}.")

    async def work(connection: Connection) -> None:
        site_id = await connection.find(name, slot)
        await connection.management.patch(f"{site_id}/config/web", {"properties": limits})
        show_one(await _scale(connection, site_id), output)

    on_server(ServerArguments(**where), work)


async def _scale(connection: Connection, site_id: str) -> dict[str, object]:
    web = (await connection.management.get(f"{site_id}/config/web")).get("properties") or {}
    instances = (await connection.management.get(f"{site_id}/instances")).get("value") or ()
    properties = [(one.get("name"), one.get("properties") or {}) for one in instances]
    return {
        "minimum": web.get(MINIMUM),
        "maximum": web.get(MAXIMUM),
        "memory": (web.get("limits") or {}).get(MEMORY),
        "instances": [f"{name} ({found.get('state') or 'unknown'})".lower() for name, found in properties],
    }


_command = partial(site_command, epilog=EXAMPLES)

scale = group(
    "scale",
    "How many host instances an app may have.",
    _command("show", run_show, output_option()),
    _command(
        "set",
        run_set,
        ToolOption(
            "minimum", "--minimum", "--min", "--minimum-instance-count", type=number(int, 0, MOST, COUNTED),
            metavar="N", help="Instances that are always there; 0 = an idle app has none.",
        ),
        ToolOption(
            "maximum", "--maximum", "--max", "--maximum-instance-count", type=number(int, 1, MOST, COUNTED),
            metavar="N", help="Instances at most.",
        ),
        ToolOption(
            "memory", "--memory", "--instance-memory", type=number(int, 0, LARGEST_MEMORY, "a number of MiB"),
            metavar="MIB", help="Memory of one instance with its workers, 64 or more; 0 = no limit.",
        ),
        output_option(),
    ),
)  # fmt: skip
