"""Which binding types this version serves, and which it knows by name only."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

SERVED = (
    *("httpTrigger", "http", "warmupTrigger", "timerTrigger"),
    *("queueTrigger", "queue", "blobTrigger", "blob", "table", "eventGridTrigger", "eventGrid"),
)
"""Are listened to, read or written by this version."""

KNOWN = (
    *("eventHubTrigger", "eventHub", "serviceBusTrigger", "serviceBus"),
    *("cosmosDBTrigger", "cosmosDB", "documentDB", "sqlTrigger", "sql", "mysqlTrigger", "mysql"),
    *("kafkaTrigger", "kafka", "rabbitMQTrigger", "rabbitMQ"),
    *("redisPubSubTrigger", "redisListTrigger", "redisStreamTrigger", "redis"),
    *("signalRTrigger", "signalR", "signalRConnectionInfo", "signalRNegotiation", "signalREndpoints"),
    *("webPubSubTrigger", "webPubSub", "webPubSubConnection", "webPubSubContext"),
    *("sendGrid", "twilioSms", "notificationHub"),
    *("orchestrationTrigger", "activityTrigger", "entityTrigger", "durableClient", "orchestrationClient"),
    *("daprServiceInvocationTrigger", "daprBindingTrigger", "daprTopicTrigger", "daprState", "daprSecret"),
    *("daprInvoke", "daprPublish", "daprBinding"),
    *("assistantSkillTrigger", "assistantCreate", "assistantQuery", "assistantPost", "textCompletion"),
    *("embeddings", "embeddingsStore", "semanticSearch"),
    *("mcpToolTrigger", "mcpResourceTrigger", "mcpPromptTrigger", "connectorTrigger"),
)
"""Functions with these load; nothing listens, nothing is read or written for them."""

_SERVED = {name.lower() for name in SERVED}
_ALL = {name.lower(): name for name in (*SERVED, *KNOWN)}


def is_served(binding_type: str) -> bool:
    """Return whether the host acts on bindings of this type."""
    return binding_type.lower() in _SERVED


def is_known(binding_type: str) -> bool:
    """Return whether a function with a binding of this type loads."""
    return binding_type.lower() in _ALL


def unknown_types_message(types: Iterable[str], *, bundle: bool) -> str:
    """Return what to tell an author about types that no extension defines.

    Args:
        bundle: host.json names an extension bundle.
    """
    names = tuple(types)
    listed = ", ".join(names)
    if bundle:
        reason = (
            f"The binding type(s) '{listed}' were not found in the configured extension bundle. "
            "Please ensure the type is correct and the correct version of extension bundle is configured."
        )
    else:
        reason = (
            f"The binding type(s) '{listed}' are not registered. "
            "Please ensure the type is correct and the binding extension is installed."
        )
    first = " ".join([reason, *filter(None, map(_similar, names))])
    return f"{first}\nKnown types: {', '.join(_ALL.values())}."


def _similar(name: str) -> str:
    matches = difflib.get_close_matches(name.lower(), _ALL, n=1, cutoff=0.7)
    return f"Did you mean '{_ALL[matches[0]]}'?" if matches else ""
