"""The official Python client of the queue service, unchanged, against the front."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import (
    AccessPolicy,
    BinaryBase64DecodePolicy,
    BinaryBase64EncodePolicy,
    CorsRule,
    Metrics,
    QueueAnalyticsLogging,
    QueueClient,
    QueueSasPermissions,
    QueueServiceClient,
    RetentionPolicy,
)

from tests.integration.storage.server.front_fixture import ServedStore


@pytest.fixture
def service(served_store: ServedStore) -> QueueServiceClient:
    return QueueServiceClient.from_connection_string(served_store.connection_string(), retry_total=0)


def test_a_message_goes_in_and_out_with_all_its_properties(service: QueueServiceClient) -> None:
    queue = service.create_queue("orders")
    text = "<b>Grüße</b> & 'quotes' \"double\" \t \n 日本 🚀"
    sent = queue.send_message(text, visibility_timeout=0, time_to_live=3600)
    assert sent.id
    assert sent.pop_receipt
    assert sent.expires_on is not None
    assert sent.inserted_on is not None
    assert sent.expires_on - sent.inserted_on == timedelta(hours=1)

    received = queue.receive_message(visibility_timeout=60)

    assert received is not None
    assert received.id == sent.id
    assert received.content == text
    assert received.dequeue_count == 1
    assert received.next_visible_on is not None
    left = received.next_visible_on - datetime.now(UTC)
    assert timedelta(seconds=30) < left <= timedelta(seconds=61)
    queue.delete_message(received)
    assert queue.receive_message() is None


def test_peeking_hides_nothing_and_counts_nothing(service: QueueServiceClient) -> None:
    queue = service.create_queue("peeked")
    for number in range(5):
        queue.send_message(f"m{number}")
    peeked = queue.peek_messages(max_messages=3)
    assert [message.content for message in peeked] == ["m0", "m1", "m2"]
    assert [message.dequeue_count for message in peeked] == [0, 0, 0]
    assert queue.get_queue_properties().approximate_message_count == 5


def test_pages_of_messages_are_received_until_the_queue_is_empty(service: QueueServiceClient) -> None:
    queue = service.create_queue("pages")
    for number in range(40):
        queue.send_message(str(number))
    pages = queue.receive_messages(messages_per_page=32, visibility_timeout=60).by_page()
    sizes = [len(list(next(pages))), len(list(next(pages)))]
    assert sizes == [32, 8]


def test_an_update_changes_text_and_receipt(service: QueueServiceClient) -> None:
    queue = service.create_queue("updated")
    queue.send_message("old")
    received = queue.receive_message()
    assert received is not None
    updated = queue.update_message(received, visibility_timeout=0, content="new")
    assert updated.pop_receipt != received.pop_receipt
    with pytest.raises(HttpResponseError) as refused:
        queue.delete_message(received)
    assert refused.value.error_code == "PopReceiptMismatch"  # type: ignore[attr-defined] # set by the client
    again = queue.receive_message()
    assert again is not None
    assert (again.content, again.dequeue_count) == ("new", 2)
    queue.update_message(again, visibility_timeout=0)
    once_more = queue.receive_message()
    assert once_more is not None
    assert once_more.content == "new"


def test_messages_can_be_binary_and_live_forever(service: QueueServiceClient) -> None:
    queue = service.get_queue_client("binary")
    queue = QueueClient(
        service.url,
        "binary",
        credential=service.credential,
        message_encode_policy=BinaryBase64EncodePolicy(),
        message_decode_policy=BinaryBase64DecodePolicy(),
    )
    queue.create_queue()
    queue.send_message(bytes(range(256)), time_to_live=-1)
    received = queue.receive_message()
    assert received is not None
    assert received.content == bytes(range(256))
    assert received.expires_on is not None
    assert received.expires_on.year == 9999


def test_a_message_may_have_64_kib_and_no_more(service: QueueServiceClient) -> None:
    queue = service.create_queue("large")
    queue.send_message("&" * 65536)
    received = queue.receive_message()
    assert received is not None
    assert received.content == "&" * 65536
    with pytest.raises(HttpResponseError) as refused:
        queue.send_message("x" * 65537)
    assert refused.value.status_code == 413
    assert refused.value.error_code == "RequestBodyTooLarge"  # type: ignore[attr-defined]


def test_clearing_removes_all_messages(service: QueueServiceClient) -> None:
    queue = service.create_queue("cleared")
    queue.send_message("a")
    queue.clear_messages()
    assert queue.get_queue_properties().approximate_message_count == 0


def test_queues_are_created_once_and_deleted(service: QueueServiceClient) -> None:
    queue = service.create_queue("twice", metadata={"Colour": "red", "owner_1": "me"})
    with pytest.raises(ResourceExistsError):  # the client's own, made of the status 204
        queue.create_queue(metadata={"Colour": "red", "owner_1": "me"})
    with pytest.raises(ResourceExistsError) as refused:
        queue.create_queue(metadata={"Colour": "blue"})
    assert refused.value.error_code == "QueueAlreadyExists"  # type: ignore[attr-defined]
    assert queue.get_queue_properties().metadata == {"Colour": "red", "owner_1": "me"}
    queue.set_queue_metadata({"Size": "Größe"})
    assert queue.get_queue_properties().metadata == {"Size": "Größe"}
    queue.delete_queue()
    with pytest.raises(ResourceNotFoundError) as missing:
        queue.get_queue_properties()
    assert missing.value.error_code == "QueueNotFound"  # type: ignore[attr-defined]
    with pytest.raises(ResourceNotFoundError):
        queue.send_message("x")


def test_queues_are_listed_by_prefix_in_pages_with_metadata(service: QueueServiceClient) -> None:
    for number in range(7):
        service.create_queue(f"listed-{number}", metadata={"Number": str(number)})
    pages = service.list_queues(name_starts_with="listed-", include_metadata=True, results_per_page=3).by_page()
    found = [[(queue.name, queue.metadata) for queue in page] for page in pages]
    assert [len(page) for page in found] == [3, 3, 1]
    assert [entry for page in found for entry in page] == [
        (f"listed-{number}", {"Number": str(number)}) for number in range(7)
    ]


def test_access_policies_are_kept_and_go_with_the_queue(service: QueueServiceClient) -> None:
    queue = service.create_queue("policies")
    start, expiry = datetime(2026, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    queue.set_queue_access_policy(
        {
            "reader": AccessPolicy(permission=QueueSasPermissions(read=True), start=start, expiry=expiry),
            "other": AccessPolicy(permission="a"),
        }
    )
    policies = queue.get_queue_access_policy()
    assert set(policies) == {"reader", "other"}
    assert policies["reader"].permission == "r"
    queue.delete_queue()
    queue.create_queue()
    assert queue.get_queue_access_policy() == {}


def test_service_properties_are_kept_where_they_are_set(service: QueueServiceClient) -> None:
    retention = RetentionPolicy(enabled=True, days=5)
    service.set_service_properties(
        analytics_logging=QueueAnalyticsLogging(read=True, write=True, delete=True, retention_policy=retention),
        cors=[CorsRule(["https://www.example.org"], ["GET", "PUT"], max_age_in_seconds=60)],
    )
    service.set_service_properties(hour_metrics=Metrics(enabled=True, include_apis=True, retention_policy=retention))
    found = service.get_service_properties()
    assert found["analytics_logging"].read is True
    assert found["analytics_logging"].retention_policy.days == 5
    assert found["hour_metrics"].enabled is True
    assert found["minute_metrics"].enabled is False
    assert found["cors"][0].allowed_origins == "https://www.example.org"


def test_statistics_say_that_the_copy_is_live(served_store: ServedStore) -> None:
    text = served_store.connection_string() + f"QueueSecondaryEndpoint={served_store.url('queue')[7:]}-secondary"
    with QueueServiceClient.from_connection_string(text, retry_total=0) as service:
        assert service.get_service_stats()["geo_replication"]["status"] == "live"


@pytest.mark.parametrize(
    ("name", "code"),
    [("UPPER", "InvalidResourceName"), ("ab", "OutOfRangeInput"), ("a--b", "InvalidResourceName")],
)
def test_names_that_no_queue_can_have_are_refused(service: QueueServiceClient, name: str, code: str) -> None:
    with pytest.raises(HttpResponseError) as refused:
        service.create_queue(name)
    assert refused.value.status_code == 400
    assert refused.value.error_code == code  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arguments", "parameter"),
    [
        ({"visibility_timeout": 604801}, "visibilitytimeout"),
        ({"visibility_timeout": -1}, "visibilitytimeout"),
        ({"time_to_live": -2}, "messagettl"),
    ],
)
def test_numbers_out_of_range_are_refused(
    service: QueueServiceClient, arguments: dict[str, int], parameter: str
) -> None:
    queue = service.get_queue_client("ranges")
    if "ranges" not in [queue.name for queue in service.list_queues("ranges")]:
        queue.create_queue()
    with pytest.raises(HttpResponseError) as refused:
        queue.send_message("x", **arguments)
    assert refused.value.error_code == "OutOfRangeQueryParameterValue"  # type: ignore[attr-defined]
    assert parameter in str(refused.value)
