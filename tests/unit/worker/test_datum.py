from __future__ import annotations

from funchost_worker.datum import Collection, Datum, ModelBindingData, Tail, http_datum, read_datum


def tail(data: bytes = b"") -> Tail:
    return Tail(memoryview(data))


def test_plain_values_travel_in_the_json() -> None:
    for kind, value in (("string", "x"), ("json", "[1]"), ("int", 3), ("double", 0.5)):
        assert read_datum(kind, value, tail()) == Datum(value, kind)


def test_nothing_is_no_datum() -> None:
    assert read_datum("none", None, tail()) is None


def test_bytes_are_taken_from_the_tail_in_order_and_the_rest_is_the_body() -> None:
    source = tail(b"aabbbc")
    first = read_datum("bytes", 2, source)
    batch = read_datum("collection_bytes", [3], source)
    assert first == Datum(b"aa", "bytes")
    assert batch is not None
    assert batch.value.bytes == [b"bbb"]
    assert source.rest() == b"c"


def test_collections_carry_their_members_under_the_name_of_their_kind() -> None:
    strings = read_datum("collection_string", ["a", ""], tail())
    numbers = read_datum("collection_sint64", [1], tail())
    assert strings is not None
    assert numbers is not None
    assert (strings.value.string, strings.value.bytes) == (["a", ""], [])
    assert numbers.value.sint64 == [1]
    assert strings.python_value == ["a", ""]


def test_model_binding_data_has_its_content_as_bytes() -> None:
    found = ModelBindingData({"version": "1.0", "source": "AzureStorageBlobs", "content": '{"a":1}'})
    assert (found.version, found.source, found.content_type) == ("1.0", "AzureStorageBlobs", "application/json")
    assert found.content == b'{"a":1}'
    assert ModelBindingData({"content": {"a": 1}}).content == b'{"a": 1}'


def test_a_request_is_a_mapping_of_datums() -> None:
    value = {"method": "GET", "url": "http://x/", "headers": {"a": "1"}, "query": {"q": ""}, "params": {}}
    found = http_datum(value, b"body")
    assert found.type == "http"
    assert found.value["headers"]["a"] == Datum("1", "string")
    assert found.value["query"] == {"q": Datum("", "string")}
    assert found.value["body"] == Datum(b"body", "bytes")


def test_python_values_for_converters_that_ask_for_them() -> None:
    assert Datum('{"a": 1}', "json").python_value == {"a": 1}
    assert Datum(None, None).python_value is None
    assert Datum("x", "string").python_type is str
    assert Datum(Collection("collection_double", [0.5]), "collection_double").python_value == [0.5]
