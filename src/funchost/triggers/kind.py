"""TriggerKind: what the host needs to know of one kind of trigger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from funchost.app.function_app import Function
from funchost.app.host_json import HostConfig
from funchost.app.invocation import Invocation
from funchost.app.webhook import Webhook
from funchost.settings import Settings
from funchost.triggers.context import TriggerContext
from funchost.triggers.listener import Listener


async def no_manual_invocation(context: TriggerContext, function: Function, text: str) -> Invocation:
    raise ValueError(f"The function '{function.name}' cannot be called by hand.")


def no_listeners(context: TriggerContext, functions: Sequence[Function]) -> Sequence[Listener]:
    return ()


def no_webhooks(context: TriggerContext, functions: Sequence[Function]) -> Mapping[str, Webhook]:
    return {}


@dataclass(frozen=True, kw_only=True)
class TriggerKind:
    """One kind of trigger; each folder of triggers has one in its module `kind`, see registry.py.

    Args:
        check: looks at a function when the app is loaded; raises DeclarationProblem if it can never run.
        listeners: makes the listeners of all functions of the kind that run; several may share one.
        manual: makes the invocation for a text of POST /admin/functions/{name}; raises ValueError, which tells the
            caller why not, or StorageError.
        webhooks: what this kind answers under /runtime/webhooks, by extension name in lower case, e.g. ``blobs``.
            A name is asked for the system key ``<name>_extension``.
        names_storage: the trigger's `connection` leads to a storage account, which is opened for the function.
    """

    check: Callable[[Function, HostConfig, Settings], None]
    listeners: Callable[[TriggerContext, Sequence[Function]], Sequence[Listener]] = no_listeners
    manual: Callable[[TriggerContext, Function, str], Awaitable[Invocation]] = no_manual_invocation
    webhooks: Callable[[TriggerContext, Sequence[Function]], Mapping[str, Webhook]] = no_webhooks
    names_storage: bool = False
