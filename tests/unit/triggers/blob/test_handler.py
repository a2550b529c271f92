"""What becomes of a message about a blob."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine

import pytest

from funchost.app.blob_options import BlobOptions
from funchost.app.invocation import Invocation, InvocationResult, Status
from funchost.app.queue_options import QueueOptions
from funchost.app.webhook import WebhookRequest
from funchost.errors import StorageError
from funchost.triggers.blob.config import function_id
from funchost.triggers.blob.handler import BlobCalls
from funchost.triggers.blob.listener import called_by_blobs, consumer_options, manual, webhooks
from funchost.triggers.blob.message import POISON_QUEUE, BlobMessage, message_queue, read_blob_message
from funchost.triggers.queue.consumer import MessageNotTakenError
from tests.unit.triggers.fake_blobs import FakeBlobs, Shared
from tests.unit.triggers.fake_clock import FakeClock, settle
from tests.unit.triggers.fake_queues import FakeQueues, message
from tests.unit.triggers.fakes import FAILED, FakeHost, FakeInvoker, function

CANCELLED = InvocationResult(Status.CANCELLED)


class Calling:
    """One host with one function for `samples/{folder}/{name}`."""

    def __init__(
        self, *script: InvocationResult, source: str = "LogsAndContainerScan", data_type: str | None = None
    ) -> None:
        shared = Shared(FakeClock())
        shared.containers.add("samples")
        self.queues = FakeQueues()
        self.invoker = FakeInvoker(*script)
        self.function = function("F", "blobTrigger", {"path": "samples/{folder}/{name}", "source": source}, data_type)
        self.host = FakeHost(shared.clock, shared, self.function, invoker=self.invoker, queues=self.queues)
        assert self.host.blobs is not None
        self.blobs: FakeBlobs = self.host.blobs
        self.drained = asyncio.Event()
        mapping = {function_id(self.function): called_by_blobs(self.host.context, self.function)}
        self.calls = BlobCalls(self.host.context, mapping, self.drained)

    async def about(self, name: str, content: bytes = b"text") -> BlobMessage:
        blob = await self.blobs.put("samples", name, content, metadata={"owner": "me"})
        return BlobMessage("Host.Functions.F", "BlockBlob", "samples", name, blob.etag)

    async def handle(self, event: BlobMessage, dequeue_count: int = 1) -> bool:
        return await self.calls.handle(message(event.encode(), dequeue_count))


def scenario(main: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(main())


def seen(call: Invocation) -> dict[str, object]:
    return {name: datum.value for name, datum in call.metadata.items()}


def test_the_function_gets_the_content_and_what_is_known_of_the_blob() -> None:
    async def main() -> None:
        host = Calling()
        assert await host.handle(await host.about("a b/c.txt"))
        (call,) = host.invoker.calls
        assert call.inputs[0][1].value == b"text"
        metadata = seen(call)
        assert (metadata["folder"], metadata["name"]) == ("a b", "c.txt")
        assert metadata["BlobTrigger"] == "samples/a b/c.txt"
        assert metadata["Uri"] == "http://fake/samples/a%20b/c.txt"
        properties = json.loads(str(metadata["Properties"]))
        assert (properties["ContentLength"], properties["Length"]) == (4, 4)
        assert json.loads(str(metadata["Metadata"])) == {"owner": "me"}
        assert call.reason == "New blob detected(LogsAndContainerScan): samples/a b/c.txt"
        assert call.details.startswith("Trigger Details: MessageId: id-1, DequeueCount: 1, InsertedOn: 2026-11-21T12")

    scenario(main)


def test_a_function_that_wants_text_gets_text() -> None:
    async def main() -> None:
        host = Calling(data_type="string")
        await host.handle(await host.about("a/b", "äöü".encode()))
        assert host.invoker.calls[0].inputs[0][1] == ("string", "äöü")

    scenario(main)


def test_messages_about_what_is_gone_are_done_with() -> None:
    async def main() -> None:
        host = Calling()
        deleted = await host.about("a/deleted")
        await host.blobs.delete("samples", "a/deleted")
        older = await host.about("a/changed")
        await host.about("a/changed", b"newer")
        unknown = (await host.about("a/b"))._replace(function_id="Host.Functions.Removed")
        for event in (deleted, older, unknown):
            assert await host.handle(event)
        assert await host.calls.handle(message("no message"))
        assert host.invoker.calls == []
        assert "there is no function 'Host.Functions.Removed' any more" in host.host.lines.text
        assert "tells of no blob" in host.host.lines.text

    scenario(main)


def test_a_failure_is_tried_again_up_to_the_threshold_and_then_poisoned() -> None:
    async def main() -> None:
        host = Calling(*[FAILED] * 9)
        event = await host.about("a/b")
        for count in range(1, 5):
            assert not await host.handle(event, count)
        assert await host.handle(event, 5)
        assert [read_blob_message(text) for text in host.queues.texts[POISON_QUEUE]] == [event]
        assert len(host.invoker.calls) == 5
        assert await host.handle(event, 6)  # hosts were killed with it five times: not once more
        assert len(host.invoker.calls) == 5
        assert len(host.queues.texts[POISON_QUEUE]) == 2

    scenario(main)


def test_a_host_that_stops_gives_the_message_back() -> None:
    async def main() -> None:
        host = Calling(CANCELLED)
        with pytest.raises(MessageNotTakenError):
            await host.handle(await host.about("a/b"))

    scenario(main)


def test_while_the_blobs_store_is_away_a_message_is_kept_until_the_host_drains() -> None:
    async def main() -> None:
        host = Calling()
        event = await host.about("a/b")
        host.blobs.away = True
        handling = asyncio.create_task(host.handle(event))
        await settle()
        assert host.host.availability.problems
        host.drained.set()
        with pytest.raises(MessageNotTakenError):
            await handling

    scenario(main)


def test_a_call_by_hand_names_a_blob() -> None:
    async def main() -> None:
        host = Calling()
        await host.about("a/b")
        call = await manual(host.host.context, host.function, " samples/a/b ")
        assert seen(call)["name"] == "b"
        with pytest.raises(ValueError, match="Blob identifiers must be in the format 'container/blob'"):
            await manual(host.host.context, host.function, "nothing")
        with pytest.raises(StorageError):
            await manual(host.host.context, host.function, "samples/a/missing")

    scenario(main)


def call_of(kind: str, events: object, name: str = "Host.Functions.F") -> WebhookRequest:
    headers = {"aeg-event-type": kind, "content-type": "application/json"}
    return WebhookRequest("POST", (), {"functionname": name}, headers, json.dumps(events).encode())


def created(name: str, kind: str = "Microsoft.Storage.BlobCreated") -> dict[str, object]:
    data = {"url": f"http://fake/samples/{name}", "eTag": "0x8D", "blobType": "BlockBlob"}
    return {"eventType": kind, "data": data}


def test_event_grid_tells_of_blobs_for_functions_with_that_source() -> None:
    async def main() -> None:
        host = Calling(source="EventGrid")
        answer = webhooks(host.host.context, [host.function])["blobs"]
        validation = await answer(call_of("SubscriptionValidation", [{"data": {"validationCode": "512"}}]))
        assert (validation.status, json.loads(validation.body)) == (200, {"validationResponse": "512"})
        events = [created("a/b%20c"), created("outside"), created("a/d", "Microsoft.Storage.BlobDeleted")]
        assert (await answer(call_of("Notification", events))).status == 202
        (text,) = host.queues.texts[message_queue("hostid")]
        assert read_blob_message(text) == BlobMessage("Host.Functions.F", "BlockBlob", "samples", "a/b c", '"0x8D"')
        assert (await answer(call_of("Notification", [], "Host.Functions.X"))).status == 404
        assert (await answer(call_of("Notification", [{"data": {}}]))).status == 400
        assert (await answer(call_of("Other", []))).status == 400
        host.queues.away = True
        assert (await answer(call_of("Notification", events))).status == 500

    scenario(main)


def test_an_event_runs_the_function_on_the_blob_as_it_is_now() -> None:
    async def main() -> None:
        host = Calling(source="EventGrid")
        event = await host.about("a/b")
        await host.about("a/b", b"newer")
        assert await host.handle(event)
        assert host.invoker.calls[0].inputs[0][1].value == b"newer"

    scenario(main)


def test_only_functions_with_that_source_have_a_webhook() -> None:
    async def main() -> None:
        host = Calling()
        assert webhooks(host.host.context, [host.function]) == {}

    scenario(main)


@pytest.mark.parametrize(("parallel", "batch", "threshold"), [(1, 1, 0), (2, 2, 0), (16, 9, 7), (200, 32, 168)])
def test_as_many_blobs_are_handled_at_once_as_the_app_allows(parallel: int, batch: int, threshold: int) -> None:
    options = consumer_options(BlobOptions(parallel, 5), QueueOptions())
    assert (options.batch_size, options.new_batch_threshold) == (batch, threshold)
