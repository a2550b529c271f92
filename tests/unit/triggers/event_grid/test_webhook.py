from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from funchost.app.invocation import Invocation, InvocationException, InvocationResult, Status
from funchost.app.webhook import WebhookReply, WebhookRequest
from funchost.triggers.event_grid.listener import EventGridWebhook
from tests.unit.triggers.functions import triggered

DONE = InvocationResult(Status.SUCCEEDED)
FAILED = InvocationResult(Status.FAILED, exception=InvocationException("ValueError", "no stock"))


class Invoker:
    """Answers what `respond` says and keeps what it got."""

    def __init__(self, respond: Callable[[Any], InvocationResult] = lambda _: DONE) -> None:
        self.respond = respond
        self.events: list[Any] = []

    def invoke(self, invocation: Invocation) -> Coroutine[Any, Any, InvocationResult]:
        return self._invoke(invocation)

    async def _invoke(self, invocation: Invocation) -> InvocationResult:
        event = json.loads(str(invocation.inputs[0][1].value))
        self.events.append(event)
        return self.respond(event)


async def call(
    invoker: Invoker,
    body: object = None,
    kind: str | None = "Notification",
    *,
    function: str = "orders",
    method: str = "POST",
    **headers: str,
) -> WebhookReply:
    webhook = EventGridWebhook((triggered("Orders", "eventGridTrigger"),), invoker)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if kind is not None:
        given["aeg-event-type"] = kind
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await webhook(WebhookRequest(method, (), {"functionname": function}, given, raw))


@pytest.mark.parametrize(
    "body",
    [
        [{"id": "1", "data": {"validationCode": "abc", "validationUrl": "https://x"}}],
        {"id": "1", "data": {"validationCode": "abc"}},
        {"id": "1", "specversion": "1.0", "data": '{"validationCode": "abc"}'},
    ],
)
async def test_a_subscription_is_confirmed_with_its_code(body: object) -> None:
    answer = await call(Invoker(), body, "SubscriptionValidation")
    assert (answer.status, json.loads(answer.body)) == (200, {"validationResponse": "abc"})


@pytest.mark.parametrize("body", [[], {}, [{"data": {}}], {"data": "x"}, b"nonsense", [5]])
async def test_a_confirmation_without_a_code_is_refused(body: object) -> None:
    assert (await call(Invoker(), body, "subscriptionvalidation")).status == 400


async def test_all_events_of_a_notification_run() -> None:
    invoker = Invoker()
    assert (await call(invoker, [{"id": "1"}, {"id": "2"}])).status == 202
    assert (await call(invoker, {"id": "3"}, "notification")).status == 202
    assert invoker.events == [{"id": "1"}, {"id": "2"}, {"id": "3"}]


async def test_one_failure_has_all_events_delivered_again() -> None:
    invoker = Invoker(lambda event: FAILED if event["id"] == "2" else DONE)
    answer = await call(invoker, [{"id": "1"}, {"id": "2"}, {"id": "3"}])
    assert (answer.status, answer.body) == (500, b"ValueError: no stock")
    assert len(invoker.events) == 3


@pytest.mark.parametrize("body", [b"", b"{", [1], "text"])
async def test_a_notification_without_events_is_refused(body: object) -> None:
    invoker = Invoker()
    assert (await call(invoker, body)).status == 400
    assert invoker.events == []


async def test_an_unknown_function_is_named() -> None:
    answer = await call(Invoker(), {}, function="Nobody")
    assert (answer.status, answer.body) == (404, b"cannot find function: 'Nobody'")


async def test_the_end_of_a_subscription_is_acknowledged_and_anything_else_refused() -> None:
    assert (await call(Invoker(), {}, "Unsubscribe")).status == 202
    assert (await call(Invoker(), {}, "Something")).status == 400
    assert (await call(Invoker(), {"id": "1"}, None)).status == 400
    assert (await call(Invoker(), {}, None, method="GET")).status == 400


async def test_cloud_events_of_any_sender_run() -> None:
    invoker = Invoker()
    event = {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data": {"a": 1}}
    assert (await call(invoker, event, None, content_type="application/cloudevents+json; charset=utf-8")).status == 202
    assert (await call(invoker, [event], None, content_type="application/cloudevents-batch+json")).status == 202
    assert invoker.events == [event, event]


@pytest.mark.parametrize(
    ("content_type", "body", "data"),
    [
        ("application/json", b'{"a": 1}', {"data": {"a": 1}}),
        ("text/plain", b"hello", {"data": "hello"}),
        ("application/octet-stream", b"\xff\x00", {"data_base64": "/wA="}),
        ("application/json", b"", {}),
    ],
)
async def test_cloud_events_in_headers_run(content_type: str, body: bytes, data: dict[str, object]) -> None:
    invoker = Invoker()
    answer = await call(
        invoker, body, None, content_type=content_type, ce_specversion="1.0", ce_id="1", ce_subject="a%20b"
    )
    assert answer.status == 202
    attributes = {"specversion": "1.0", "id": "1", "subject": "a b", "datacontenttype": content_type}
    assert invoker.events == [{**attributes, **data}]


async def test_a_sender_of_cloud_events_that_asks_first_is_welcome() -> None:
    answer = await call(
        Invoker(),
        None,
        None,
        method="OPTIONS",
        webhook_request_origin="eventgrid.azure.net",
        webhook_request_rate="120",
    )
    assert answer.status == 200
    assert dict(answer.headers) == {
        "allow": "OPTIONS, POST",
        "webhook-allowed-origin": "eventgrid.azure.net",
        "webhook-allowed-rate": "*",
    }
