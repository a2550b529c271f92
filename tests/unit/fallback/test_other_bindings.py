import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.fallback.loading import Datum, load_fallback, texts

func = load_fallback()
registry = func.get_binding_registry()


def decode(kind: str, datum: Datum | None, **metadata: str) -> Any:
    return registry.get(kind).decode(datum, trigger_metadata=texts(**metadata))


@pytest.mark.parametrize(
    "kind",
    [
        "httpTrigger",
        "http",
        "timerTrigger",
        "queueTrigger",
        "queue",
        "blobTrigger",
        "blob",
        "eventGridTrigger",
        "eventGrid",
        "warmupTrigger",
    ],
)
def test_the_registry_has_the_bindings_of_the_guide(kind: str) -> None:
    assert registry.get(kind) is not None


def test_the_registry_has_nothing_for_other_bindings() -> None:
    assert registry.get("serviceBusTrigger") is None


def test_timer() -> None:
    timer = decode("timerTrigger", Datum('{"IsPastDue": true, "Schedule": {"AdjustForDST": true}}', "json"))
    assert timer.past_due is True
    assert timer.schedule == {"AdjustForDST": True}
    assert timer.schedule_status == {}
    with pytest.raises(NotImplementedError):
        decode("timerTrigger", Datum("{}", "string"))


def test_warm_up() -> None:
    assert isinstance(decode("warmupTrigger", None), func.WarmUpContext)


def test_blob_trigger() -> None:
    blob = decode(
        "blobTrigger",
        Datum("héllo", "string"),
        BlobTrigger="samples/a.txt",
        Uri="http://store/samples/a.txt",
        Properties='{"ContentLength": 6, "Length": 1}',
        Metadata='{"k": "v"}',
    )
    assert (blob.name, blob.uri, blob.length) == ("samples/a.txt", "http://store/samples/a.txt", 6)
    assert (blob.blob_properties["Length"], blob.metadata) == (1, {"k": "v"})
    assert (blob.read(1), blob.read()) == (b"h", "éllo".encode())
    assert blob.readable()
    assert not blob.seekable()
    assert not blob.writable()


def test_blob_input_can_be_absent_and_needs_no_metadata() -> None:
    assert decode("blob", None) is None
    assert decode("blob", Datum(b"a\nb", "bytes")).readlines() == [b"a\n", b"b"]
    with pytest.raises(ValueError, match="unexpected type"):
        decode("blob", Datum("1", "json"))


@pytest.mark.parametrize(
    ("obj", "kind", "value"),
    [
        ("s", "string", "s"),
        (bytearray(b"s"), "bytes", b"s"),
        (io.BytesIO(b"s"), "bytes", b"s"),
        (io.StringIO("s"), "string", "s"),
        (func.InputStream(data=b"s"), "bytes", b"s"),
    ],
)
def test_what_a_blob_takes(obj: object, kind: str, value: object) -> None:
    datum = registry.get("blob").encode(obj, expected_type=None)
    assert (datum.type, datum.value) == (kind, value)


def test_what_a_blob_refuses() -> None:
    with pytest.raises(NotImplementedError):
        registry.get("blob").encode(3, expected_type=None)


def test_event_grid_trigger() -> None:
    text = json.dumps(
        {
            "id": "1",
            "topic": "t",
            "subject": "s",
            "eventType": "e",
            "eventTime": "2026-11-20T15:23:42.1234567Z",
            "dataVersion": "2",
            "data": {"a": 1},
        }
    )
    event = decode("eventGridTrigger", Datum(text, "json"))
    assert (event.id, event.topic, event.subject, event.event_type, event.data_version) == ("1", "t", "s", "e", "2")
    assert event.event_time == datetime(2026, 11, 20, 15, 23, 42, 123456, tzinfo=UTC)
    assert event.get_json() == {"a": 1}


def test_event_grid_output() -> None:
    event = func.EventGridOutputEvent(
        id="1",
        data={"a": 1},
        subject="s",
        event_type="e",
        event_time=datetime(2026, 1, 1, tzinfo=UTC),
        data_version="2",
    )
    datum = registry.get("eventGrid").encode([event, "raw"], expected_type=None)
    assert json.loads(datum.value) == [
        {
            "id": "1",
            "subject": "s",
            "eventType": "e",
            "eventTime": "2026-01-01T00:00:00+00:00",
            "dataVersion": "2",
            "data": {"a": 1},
        },
        "raw",
    ]
    with pytest.raises(NotImplementedError):
        registry.get("eventGrid").encode(3, expected_type=None)
