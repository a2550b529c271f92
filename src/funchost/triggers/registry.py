"""Which triggers there are. A kind is one folder and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from funchost.app.function_app import Function, FunctionApp, FunctionError
from funchost.app.invocation import Invocation
from funchost.app.problem import DeclarationProblem
from funchost.app.webhook import Webhook
from funchost.errors import SettingError
from funchost.settings import Settings
from funchost.storage.connections import resolve_connection
from funchost.triggers.context import TriggerContext
from funchost.triggers.kind import TriggerKind
from funchost.triggers.listener import Listener

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "blobtrigger": "blob",
        "eventgridtrigger": "event_grid",
        "queuetrigger": "queue",
        "timertrigger": "timer",
    }
)
"""Folder of each kind by lower-cased trigger type; its module `kind` has the TriggerKind, as KIND."""


def is_listened_for(function: Function) -> bool:
    """Return whether there is a kind for the function's trigger."""
    return function.trigger.kind in KINDS


def kind_of(function: Function) -> TriggerKind | None:
    """Return the kind of the function's trigger. Its first user loads it: most apps have few kinds."""
    folder = KINDS.get(function.trigger.kind)
    if folder is None:
        return None
    kind: TriggerKind = import_module(f"funchost.triggers.{folder}.kind").KIND
    return kind


def check(app: FunctionApp, settings: Settings) -> Mapping[str, FunctionError]:
    """Return why functions can never be triggered, by name."""
    return {function.name: error for function in app.functions if (error := _problem(function, app, settings))}


def names_storage(function: Function) -> bool:
    """Return whether the function's trigger has a `connection` to a storage account."""
    kind = kind_of(function)
    return kind is not None and kind.names_storage


def trigger_connection(function: Function) -> str | None:
    """Return the `connection` of the function's trigger, None for the default one."""
    connection = function.trigger.properties.get("connection")
    return connection if isinstance(connection, str) else None


def listeners_for(context: TriggerContext) -> list[Listener]:
    """Return the listeners of all functions that run and are not disabled."""
    return [listener for kind, functions in _by_kind(context) for listener in kind.listeners(context, functions)]


def webhooks_for(context: TriggerContext) -> Mapping[str, Webhook]:
    """Return what is answered under /runtime/webhooks for functions that run, by extension name."""
    found: dict[str, Webhook] = {}
    for kind, functions in _by_kind(context):
        found.update(kind.webhooks(context, functions))
    return found


async def manual_invocation(context: TriggerContext, function: Function, text: str) -> Invocation | None:
    """Return the invocation for a text that a caller gives to a function; None if its trigger is not of KINDS.

    Raises:
        ValueError: the trigger cannot take this text; says why.
        StorageError: what the text stands for cannot be read.
    """
    kind = kind_of(function)
    return None if kind is None else await kind.manual(context, function, text)


def _by_kind(context: TriggerContext) -> list[tuple[TriggerKind, list[Function]]]:
    groups: dict[str, list[Function]] = {}
    for function in context.app.functions:
        runs = not function.disabled and function.name not in context.app.errors
        if runs and is_listened_for(function) and _has_account(context, function):
            groups.setdefault(function.trigger.kind, []).append(function)
    return [(kind, functions) for functions in groups.values() if (kind := kind_of(functions[0])) is not None]


def _has_account(context: TriggerContext, function: Function) -> bool:
    return not names_storage(function) or function.name in context.accounts


def _problem(function: Function, app: FunctionApp, settings: Settings) -> FunctionError | None:
    kind = kind_of(function)
    if kind is None:
        return None
    try:
        kind.check(function, app.host, settings)
        if kind.names_storage:
            resolve_connection(settings.names, trigger_connection(function))
    except DeclarationProblem as problem:
        return FunctionError(function.name, problem.message, function.source)
    except SettingError as error:
        trigger = function.trigger
        text = f"The {trigger.type} '{trigger.name}' of function '{function.name}' has no storage account: {error}"
        return FunctionError(function.name, " ".join(filter(None, (text, error.hint))), function.source)
    return None
