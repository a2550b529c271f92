"""`func functionapp scale`: how many host instances an app may have."""

from __future__ import annotations

from functools import partial
from typing import Any

from funchost.cli.command_group import group
from funchost.cli.functionapp_output import output_option, show_one
from funchost.cli.functionapp_server import Connection, ServerArguments, on_server, site_command
from funchost.cli.grammar import ToolOption, number
from funchost.errors import UsageError

MOST = 1000
COUNTED = "a number of instances"
MINIMUM, MAXIMUM = "minimumElasticInstanceCount", "functionAppScaleLimit"
EXAMPLES = """\b
Examples:
  func functionapp scale show -n shop
  func functionapp scale set -n shop --minimum 1 --maximum 4     one instance is always there, four at most
  func functionapp scale set -n shop --minimum 0                 an idle app has none"""


def run_show(name: str, slot: str | None, output: str | None, **where: Any) -> None:
    """Show the limits and the instances that run now."""

    async def work(connection: Connection) -> None:
        show_one(await _scale(connection, await connection.find(name, slot)), output)

    on_server(ServerArguments(**where), work)


def run_set(
    name: str, slot: str | None, minimum: float | None, maximum: float | None, output: str | None, **where: Any
) -> None:
    """Set how many instances are always there, and how many there are at most."""
    limits = {key: int(value) for key, value in ((MINIMUM, minimum), (MAXIMUM, maximum)) if value is not None}
    if not limits:
        raise UsageError("There is nothing to set.", hint="Give --minimum, --maximum or both.")
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
        output_option(),
    ),
)  # fmt: skip
