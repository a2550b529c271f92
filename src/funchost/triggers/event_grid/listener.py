"""Event Grid's webhook: /runtime/webhooks/eventgrid?functionName=...: one for all Event Grid functions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from funchost.app.function_app import Function
from funchost.app.invocation import Invocation, Status
from funchost.app.webhook import Webhook, WebhookReply, WebhookRequest, plain_reply
from funchost.triggers.context import TriggerContext
from funchost.triggers.event_grid.delivery import is_cloud_event, read_events, validation_code
from funchost.triggers.event_grid.event import event_invocations, manual_invocation
from funchost.triggers.listener import Invoker

NAME = "eventgrid"
_KIND = "aeg-event-type"
_JSON = (("content-type", "application/json; charset=utf-8"),)


def webhooks(context: TriggerContext, functions: Sequence[Function]) -> Mapping[str, Webhook]:
    return {NAME: EventGridWebhook(functions, context.invoker)}


async def manual(context: TriggerContext, function: Function, text: str) -> Invocation:
    """Raises: ValueError."""
    return manual_invocation(function, text)


class EventGridWebhook:
    """Answers the calls of topics.

    Args:
        functions: those with an Event Grid trigger.
        invoker: executes them.
    """

    def __init__(self, functions: Sequence[Function], invoker: Invoker) -> None:
        self._functions = {function.name.lower(): function for function in functions}
        self._invoker = invoker

    async def __call__(self, request: WebhookRequest) -> WebhookReply:
        name = request.query.get("functionname", "")
        function = self._functions.get(name.lower())
        if function is None:
            return plain_reply(404, f"cannot find function: '{name}'")
        if request.method == "OPTIONS":
            return abuse_protection(request)
        try:
            match request.headers.get(_KIND, "").lower():
                case "subscriptionvalidation":
                    answer = {"validationResponse": validation_code(request)}
                    return WebhookReply(200, json.dumps(answer).encode(), _JSON)
                case "notification":
                    return await self._deliver(function, request)
                case "unsubscribe":
                    return WebhookReply(202)
                case "" if request.method == "POST" and is_cloud_event(request):
                    return await self._deliver(function, request)
        except ValueError as error:
            return plain_reply(400, str(error))
        return plain_reply(400, f"The header {_KIND} must be SubscriptionValidation, Notification or Unsubscribe.")

    async def _deliver(self, function: Function, request: WebhookRequest) -> WebhookReply:
        """Run the function; one failure means that all events are delivered again.

        Raises:
            ValueError: the body holds no events.
        """
        invocations = event_invocations(function, read_events(request), datetime.now(UTC))
        results = await asyncio.gather(*(self._invoker.invoke(invocation) for invocation in invocations))
        failed = next((result for result in results if result.status is not Status.SUCCEEDED), None)
        if failed is None:
            return WebhookReply(202)
        return plain_reply(500, failed.exception.summary if failed.exception is not None else failed.status.value)


def abuse_protection(request: WebhookRequest) -> WebhookReply:
    """Return the answer to the question whether CloudEvents may be sent here (CloudEvents webhooks 1.0, section 4).

    The key has been checked, so the sender is welcome.
    """
    headers = [("allow", "OPTIONS, POST")]
    origin = request.headers.get("webhook-request-origin")
    if origin is not None:
        headers.append(("webhook-allowed-origin", origin))
        if "webhook-request-rate" in request.headers:
            headers.append(("webhook-allowed-rate", "*"))
    return WebhookReply(200, headers=tuple(headers))
