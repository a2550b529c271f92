from datetime import UTC, datetime

import pytest

from tests.unit.fallback.loading import Datum, load_fallback, texts

func = load_fallback()
trigger = func.get_binding_registry().get("queueTrigger")
output = func.get_binding_registry().get("queue")


def test_a_message_made_as_in_the_unit_test_of_the_guide() -> None:
    assert func.QueueMessage(body=b"test").get_body() == b"test"
    assert func.QueueMessage(body="é").get_body() == "é".encode()
    assert func.QueueMessage(id="1", body='{"a": 1}', pop_receipt="r").get_json() == {"a": 1}


def test_a_body_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="got int"):
        func.QueueMessage(body=3)


def test_decode_reads_the_trigger_metadata() -> None:
    metadata = texts(
        Id="m1",
        PopReceipt="r",
        DequeueCount="2",
        InsertionTime="2026-11-20T15:23:42.1234567+00:00",
        ExpirationTime="11/27/2026 15:23:42 +00:00",
        NextVisibleTime="2026-11-20T17:23:42+02:00",
    )
    message = trigger.decode(Datum("hello", "string"), trigger_metadata=metadata)
    assert (message.id, message.pop_receipt, message.dequeue_count) == ("m1", "r", 2)
    assert message.insertion_time == datetime(2026, 11, 20, 15, 23, 42, 123456, tzinfo=UTC)
    assert message.expiration_time == datetime(2026, 11, 27, 15, 23, 42, tzinfo=UTC)
    assert message.time_next_visible == datetime(2026, 11, 20, 15, 23, 42, tzinfo=UTC)
    assert message.get_body() == b"hello"


def test_decode_takes_json_metadata_and_absent_metadata() -> None:
    message = trigger.decode(Datum(b"\x00", "bytes"), trigger_metadata={"DequeueCount": Datum("3", "json")})
    assert message.dequeue_count == 3
    assert message.insertion_time is None
    assert message.id is None


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        (texts(DequeueCount="x"), "field 'DequeueCount' in trigger metadata into int"),
        (texts(InsertionTime="yesterday"), "cannot read 'yesterday' as a time"),
        ({"Id": Datum(b"1", "bytes")}, "unsupported type of field 'Id'"),
    ],
)
def test_metadata_that_cannot_be_read_is_named(metadata: dict[str, Datum], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        trigger.decode(Datum("x", "string"), trigger_metadata=metadata)


def test_decode_refuses_other_datums() -> None:
    with pytest.raises(NotImplementedError, match="json"):
        trigger.decode(Datum("{}", "json"), trigger_metadata={})


@pytest.mark.parametrize(
    ("obj", "kind", "value"),
    [
        ("text", "string", "text"),
        (b"\x00", "bytes", b"\x00"),
        (bytearray(b"\x00"), "bytes", b"\x00"),
        (func.QueueMessage(id="1", body="z"), "bytes", b"z"),
        (["a", func.QueueMessage(body="b")], "json", '["a", "b"]'),
        ((item for item in ("a",)), "json", '["a"]'),
    ],
)
def test_what_a_queue_takes(obj: object, kind: str, value: object) -> None:
    datum = output.encode(obj, expected_type=None)
    assert (datum.type, datum.value) == (kind, value)


@pytest.mark.parametrize("obj", [None, 3, {"a": 1}, [3]])
def test_what_a_queue_refuses(obj: object) -> None:
    with pytest.raises(NotImplementedError):
        output.encode(obj, expected_type=None)


def test_annotations() -> None:
    assert trigger.check_input_type_annotation(func.QueueMessage)
    assert output.check_output_type_annotation(func.QueueMessage)
    assert output.check_output_type_annotation(str)
    assert not output.check_output_type_annotation(dict)
