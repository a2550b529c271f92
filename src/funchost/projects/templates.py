"""The templates that new functions are made from, and those that wait for their triggers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from funchost.app.function_app import Model
from funchost.errors import FuncHostError
from funchost.projects.questions import CONNECTION, PATH, QUEUE, SCHEDULE, Question

V1 = Model.FUNCTION_JSON
V2 = Model.DECORATORS


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of function that this version runs.

    Args:
        name: as the user asks for it.
        kind: name of its texts; the same in both models.
        default_function: what its functions are called unless told otherwise.
        questions: what it asks for besides the function's name.
    """

    name: str
    kind: str
    model: Model
    default_function: str
    questions: tuple[Question, ...] = ()

    @property
    def has_auth_level(self) -> bool:
        return self.kind == "http"


SERVED = (
    Template("HTTP trigger", "http", V2, "http_trigger"),
    Template("Timer Trigger", "timer", V2, "timer_trigger", (SCHEDULE,)),
    Template("Blob trigger", "blob", V2, "BlobTrigger", (PATH, CONNECTION)),
    Template(
        "Blob trigger (using EventGrid source)", "blob_event_grid", V2, "event_grid_blob_trigger", (PATH, CONNECTION)
    ),
    Template("EventGrid trigger", "event_grid", V2, "EventGridTrigger"),
    Template("Queue trigger", "queue", V2, "queue_trigger", (QUEUE, CONNECTION)),
    Template("HTTP trigger", "http", V1, "HttpTrigger"),
    Template("Timer trigger", "timer", V1, "TimerTrigger"),
    Template("Azure Queue Storage trigger", "queue", V1, "QueueTrigger"),
    Template("Azure Blob Storage trigger", "blob", V1, "BlobTrigger"),
    Template("Azure Blob Storage Trigger (using Event Grid)", "blob_event_grid", V1, "EventGridBlobTrigger"),
    Template("Azure Event Grid trigger", "event_grid", V1, "EventGridTrigger"),
)

NOT_SERVED: Mapping[Model, Mapping[str, tuple[str, ...]]] = {
    V2: {
        "cosmosDBTrigger": ("CosmosDB trigger",),
        "eventHubTrigger": ("EventHub trigger",),
        "serviceBusTrigger": ("ServiceBus Queue trigger", "ServiceBus Topic trigger"),
        "Dapr": ("Dapr Publish Output Binding", "Dapr Service Invocation Trigger", "Dapr Topic Trigger"),
        "OpenAI": (
            "Assistant Binding",
            "OpenAI Chat Binding",
            "Open AI Embeddings Binding",
            "OpenAI RAG Binding",
            "OpenAI TextCompletion Binding",
        ),
        "Durable Functions": ("Durable orchestrator", "Durable entity"),
    },
    V1: {
        "cosmosDBTrigger": ("Azure Cosmos DB trigger",),
        "eventHubTrigger": ("Azure Event Hub trigger",),
        "serviceBusTrigger": ("Azure Service Bus Queue trigger", "Azure Service Bus Topic trigger"),
        "Durable Functions": (
            "Durable Functions activity",
            "Durable Functions orchestrator",
            "Durable Functions entity",
            "Durable Functions HTTP starter",
        ),
        "kafkaTrigger and kafka": ("Kafka trigger", "Kafka output"),
        "rabbitMQTrigger": ("RabbitMQ trigger",),
        "sqlTrigger and sql": ("SQL Input Binding", "SQL Output Binding", "SQL Trigger"),
        "mysqlTrigger and mysql": ("MySql Input Binding", "MySql Output Binding", "MySql Trigger"),
        "kusto": ("Kusto Input Binding", "Kusto Output Binding"),
        "Dapr": ("Dapr Publish Output Binding", "Dapr Service Invocation Trigger", "Dapr Topic Trigger"),
        "Authentication Event": ("Authentication Event trigger",),
    },
}
"""Names of templates by the bindings that this version lacks."""


def served(model: Model) -> tuple[Template, ...]:
    """Return the templates of a model that this version runs."""
    return tuple(template for template in SERVED if template.model is model)


def not_served(model: Model) -> tuple[str, ...]:
    """Return the names of the templates of a model whose bindings this version lacks."""
    return tuple(name for names in NOT_SERVED[model].values() for name in names)


def find_template(name: str, model: Model) -> Template:
    """Return a template by its name; case and blanks do not count, and the name in the other model means it too.

    Raises:
        FuncHostError: there is none, or this version does not run its bindings.
    """
    wanted = _key(name)
    for template in served(model):
        names = {template.name, *(other.name for other in SERVED if other.kind == template.kind)}
        if wanted in map(_key, names):
            return template
    for own in (model, *Model):
        for bindings, names_of in NOT_SERVED[own].items():
            for known in names_of:
                if _key(known) == wanted:
                    raise FuncHostError(
                        f'The template "{known}" is known, and this version does not run its bindings ({bindings}).',
                        hint="func templates list shows the templates that run.",
                    )
    raise FuncHostError(f'Can\'t find template "{name}" in "python".', hint=_advice(wanted, served(model)))


def _advice(wanted: str, templates: Sequence[Template]) -> str:
    by_key = {_key(template.name): template.name for template in templates}
    near = get_close_matches(wanted, by_key, n=1, cutoff=0.6)
    meant = f'Did you mean "{by_key[near[0]]}"? ' if near else ""
    return f"{meant}There are: {', '.join(by_key.values())}."


def _key(name: str) -> str:
    return "".join(name.split()).lower()
