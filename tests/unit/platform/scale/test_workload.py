"""What a site's functions listen to, as far as scaling has to know it."""

from __future__ import annotations

import pytest

from funchost.app.blob_options import BlobOptions
from funchost.platform.scale.workload import workload
from funchost.platform.site import FunctionInfo

KEY = "a2V5a2V5a2V5a2V5a2V5a2V5"
OWN = (
    f"DefaultEndpointsProtocol=http;AccountName=shop;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:1/shop;"
    "QueueEndpoint=http://127.0.0.1:2/shop;TableEndpoint=http://127.0.0.1:3/shop"
)
BLOBS = "azure-webjobs-blobtrigger-shop"
SETTINGS = {"AzureWebJobsStorage": OWN, "Orders": "incoming-orders", "Other": OWN.replace("shop", "other")}


def function(trigger: str, *, disabled: bool = False, **properties: str) -> FunctionInfo:
    return FunctionInfo("F", trigger, ({"type": trigger, "name": "x", **properties},), disabled=disabled)


@pytest.mark.parametrize(
    ("properties", "account", "queue"),
    [
        ({"queueName": "orders"}, "shop", "orders"),
        ({"queueName": "%Orders%"}, "shop", "incoming-orders"),
        ({"queueName": "Orders", "connection": "Other"}, "other", "orders"),
    ],
)
def test_a_queue_is_found_by_name_and_connection(properties: dict[str, str], account: str, queue: str) -> None:
    (found,) = workload([function("queueTrigger", disabled=False, **properties)], SETTINGS, BLOBS).queues
    assert (found.connection.account, found.queue) == (account, queue)


@pytest.mark.parametrize("properties", [{}, {"queueName": "%Missing%"}, {"queueName": "a", "connection": "Missing"}])
def test_a_queue_that_cannot_be_resolved_does_not_count(properties: dict[str, str]) -> None:
    assert workload([function("queueTrigger", disabled=False, **properties)], SETTINGS, BLOBS) == ((), False)


def test_functions_that_share_a_queue_count_once() -> None:
    both = [function("queueTrigger", queueName="orders"), function("queueTrigger", queueName="Orders")]
    assert len(workload(both, SETTINGS, BLOBS).queues) == 1


@pytest.mark.parametrize("source", ["LogsAndContainerScan", "EventGrid"])
def test_blobs_that_were_found_wait_in_a_queue_of_the_app(source: str) -> None:
    of_another_account = function("blobTrigger", path="a/{name}", source=source, connection="Other")
    (found,) = workload([of_another_account, function("queueTrigger", queueName="orders")], SETTINGS, BLOBS).queues[:1]
    assert (found.connection.account, found.queue) == ("shop", BLOBS)
    assert found.target == BlobOptions().max_parallel


@pytest.mark.parametrize(
    ("one", "resident"),
    [
        (function("timerTrigger", schedule="0 * * * * *"), True),
        (function("timerTrigger", disabled=True), False),
        (function("blobTrigger", path="a/{name}"), True),
        (function("blobTrigger", path="a/{name}", source="EventGrid"), False),
        (function("httpTrigger"), False),
        (function("eventGridTrigger"), False),
    ],
)
def test_timers_and_scanned_blobs_need_an_instance_at_all_times(one: FunctionInfo, resident: bool) -> None:
    assert workload([one], SETTINGS, BLOBS).resident is resident


def test_a_version_that_is_not_known_yet_has_to_be_loaded_to_be_known() -> None:
    assert workload([], SETTINGS, BLOBS).resident
