"""The blob trigger's binding. Pure."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from funchost.app import values
from funchost.app.function_app import Function
from funchost.app.host_json import HostConfig
from funchost.app.problem import DeclarationProblem
from funchost.errors import SettingError
from funchost.settings import Settings
from funchost.storage.connections import resolve_connection
from funchost.triggers.blob.path_pattern import PathPattern, parse_path_pattern


class Source(Enum):
    """How changes of blobs are noticed."""

    SCAN = "LogsAndContainerScan"
    EVENT_GRID = "EventGrid"


class BlobTrigger(NamedTuple):
    """Which blobs a function runs for.

    Args:
        parameter: name of the function's parameter.
        text: the function wants the content as text.
    """

    parameter: str
    pattern: PathPattern
    source: Source
    text: bool


def function_id(function: Function) -> str:
    """Return the name of a function in storage: in paths of receipts and in messages."""
    return f"Host.Functions.{function.name}"


def read_blob_trigger(function: Function) -> BlobTrigger:
    """Return the trigger of a blob function.

    Raises:
        DeclarationProblem: its path or source is none.
    """
    trigger = function.trigger
    properties = trigger.properties
    try:
        path = values.text(properties.get("path") or "").strip()
    except ValueError as error:
        raise _problem(function, "path", str(error)) from None
    try:
        pattern = parse_path_pattern(path)
    except ValueError as error:
        raise _problem(function, "path", str(error)) from None
    try:
        source = values.choice([source.value for source in Source])(properties.get("source") or Source.SCAN.value)
    except ValueError as error:
        raise _problem(function, "source", str(error)) from None
    return BlobTrigger(trigger.name, pattern, Source(source), trigger.data_type == "string")


def check(function: Function, host: HostConfig, settings: Settings) -> None:
    """Raises: DeclarationProblem."""
    read_blob_trigger(function)
    try:
        resolve_connection(settings.names, None)
    except SettingError as error:
        raise DeclarationProblem(
            f"The blob trigger '{function.trigger.name}' also needs the host's own storage, for its receipts and its "
            f"queue: {error}"
        ) from error


def _problem(function: Function, name: str, message: str) -> DeclarationProblem:
    trigger = function.trigger
    keys = ("bindings", function.bindings.index(trigger), trigger.spelling(name))
    return DeclarationProblem(f"'{name}' of the blob trigger '{trigger.name}': {message}", keys)
