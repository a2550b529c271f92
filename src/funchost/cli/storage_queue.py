"""`func storage queue`: queues and their messages from the command line."""

from __future__ import annotations

import base64
import binascii
import json
import sys
from typing import TYPE_CHECKING, Any

import click

from funchost.cli.command_group import group
from funchost.cli.grammar import ToolCommand, ToolOption, number
from funchost.cli.storage_connection import StorageChoice, connection_options, run_on_account
from funchost.errors import UsageError

if TYPE_CHECKING:
    from funchost.storage.account import StorageAccount
    from funchost.storage.queues import QueueMessage

PUT_EXAMPLES = """\b
Examples:
  func storage queue put orders '{"id": 1}'        the queue is made if it is missing
  func storage queue put orders - < order.json     the text comes from stdin
  func storage queue put orders hello --encoding none --delay 10"""
GET_EXAMPLES = """\b
Examples:
  func storage queue get orders             take one message off the queue, print its text
  func storage queue get orders --count 32 --json
  func storage queue get orders --keep      it comes back after 30 seconds"""
WEEK = 7 * 24 * 3600
MOST = 32


def run_list(json_lines: bool, **where: Any) -> None:
    """List queues by name, one per line; with --json their approximate number of messages and metadata too."""

    async def work(account: StorageAccount) -> None:
        for name in await account.queues.list_queues():
            if json_lines:
                found = await account.queues.properties(name)
                click.echo(_json({"name": name, "messages": found.approximate_count, "metadata": dict(found.metadata)}))
            else:
                click.echo(name)

    run_on_account(StorageChoice(**where), work)


def run_put(name: str, text: str, encoding: str, delay: float, **where: Any) -> None:
    """Put a message into a queue, which is made if it is missing. A dash as TEXT means stdin."""
    data = sys.stdin.buffer.read() if text == "-" else text.encode("utf-8", "surrogateescape")
    try:
        message = base64.b64encode(data).decode("ascii") if encoding == "base64" else data.decode()
    except UnicodeDecodeError:
        raise UsageError("The message is no UTF-8 text.", hint="--encoding base64 takes any bytes.") from None

    async def work(account: StorageAccount) -> None:
        if await account.queues.create(name):
            click.echo(f"Created the queue {name}.", err=True)
        await account.queues.put(name, message, visibility=delay)

    run_on_account(StorageChoice(**where), work, makes=True)


def run_get(name: str, count: int, keep: bool, encoding: str, json_lines: bool, **where: Any) -> None:
    """Take messages off a queue and print their texts."""

    async def work(account: StorageAccount) -> None:
        for message in await account.queues.get(name, int(count)):
            _print(message, encoding, json_lines)
            if not keep:
                await account.queues.delete_message(name, message.id, message.pop_receipt)

    run_on_account(StorageChoice(**where), work)


def run_peek(name: str, count: int, encoding: str, json_lines: bool, **where: Any) -> None:
    """Print the texts of the first messages of a queue, which stay as they are."""

    async def work(account: StorageAccount) -> None:
        for message in await account.queues.peek(name, int(count)):
            _print(message, encoding, json_lines)

    run_on_account(StorageChoice(**where), work)


def run_clear(name: str, **where: Any) -> None:
    """Delete all messages of a queue."""

    async def work(account: StorageAccount) -> None:
        await account.queues.clear(name)

    run_on_account(StorageChoice(**where), work)


def run_delete(name: str, **where: Any) -> None:
    """Delete a queue and its messages."""

    async def work(account: StorageAccount) -> None:
        await account.queues.delete(name)

    run_on_account(StorageChoice(**where), work)


def _print(message: QueueMessage, encoding: str, json_lines: bool) -> None:
    text = _decoded(message.text) if encoding == "base64" else message.text
    if json_lines:
        known = {
            "id": message.id,
            "dequeueCount": message.dequeue_count,
            "inserted": message.inserted.isoformat(),
            "expires": message.expires.isoformat(),
        }
        click.echo(_json(known | {"text": text}))
    else:
        click.echo(text)


def _decoded(text: str) -> str:
    """Return what a Base64 text stands for, and any other text as it is."""
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return text


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False)


def _encoding() -> ToolOption:
    return ToolOption(
        "encoding",
        "--encoding",
        type=click.Choice(["base64", "none"]),
        default="base64",
        metavar="base64|none",
        help="How texts stand in the queue; functions expect base64 unless host.json says none.",
    )


def _count() -> ToolOption:
    return ToolOption(
        "count", "--count", type=number(int, 1, MOST, "a number of messages"), default=1, metavar="N",
        help=f"How many messages, at most {MOST} (default: 1).",
    )  # fmt: skip


def _json_option() -> ToolOption:
    return ToolOption("json_lines", "--json", is_flag=True, help="One JSON document per line.")


def _command(name: str, callback: Any, *params: click.Parameter, epilog: str | None = None) -> ToolCommand:
    return ToolCommand(
        name,
        params=[*params, *connection_options()],
        callback=callback,
        help=callback.__doc__,
        epilog=epilog,
    )


def _name() -> click.Argument:
    return click.Argument(["name"], metavar="QUEUE")


queue = group(
    "queue",
    "Queues and their messages.",
    _command("list", run_list, _json_option()),
    _command(
        "put",
        run_put,
        _name(),
        click.Argument(["text"]),
        _encoding(),
        ToolOption(
            "delay", "--delay", type=number(float, 0, WEEK, "a number of seconds"), default=0.0, metavar="SECONDS",
            help="How long the message stays invisible (default: 0).",
        ),
        epilog=PUT_EXAMPLES,
    ),
    _command(
        "get",
        run_get,
        _name(),
        _count(),
        ToolOption("keep", "--keep", is_flag=True, help="Hide the messages for 30 seconds, do not delete them."),
        _encoding(),
        _json_option(),
        epilog=GET_EXAMPLES,
    ),
    _command("peek", run_peek, _name(), _count(), _encoding(), _json_option()),
    _command("clear", run_clear, _name()),
    _command("delete", run_delete, _name()),
)  # fmt: skip
