"""The options of commands that listen: port, address and certificate, in one spelling for all."""

from __future__ import annotations

from pathlib import Path

import click

from funchost.cli.grammar import ToolOption, number

PORT = number(int, 0, 65535, "a port number")


def port_option(help: str, default: int | None = None) -> ToolOption:
    return ToolOption("port", "-p", "--port", type=PORT, default=default, metavar="NUMBER", help=help)


def address_option(help: str, default: str | None = None) -> ToolOption:
    return ToolOption("address", "--address", default=default, metavar="IP", help=help)


def certificate_option(help: str) -> ToolOption:
    return ToolOption("cert", "--cert", type=click.Path(path_type=Path), metavar="FILE", help=help)
