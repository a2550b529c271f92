"""Blob and queue bindings, from function.json and decorators: every kind of value, expressions, failures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing import HostProcess
from tests.compat.app_folders import copy_of
from tests.compat.app_storage import SETTINGS, AppStorage, Store

MIB = 1024 * 1024


class Running:
    """A host and the store of its app."""

    def __init__(self, host: HostProcess, storage: AppStorage) -> None:
        self.host = host
        self.storage = storage

    def fails(self, path: str, line: str) -> None:
        """Call a function that fails; the console says why."""
        assert self.host.get(path).status == 500
        self.host.wait_for_line(line)


@pytest.fixture(scope="module")
def decorators(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    app = copy_of("decorators_storage", tmp_path_factory.mktemp("apps"))
    with HostProcess(app, env=store.settings) as host:
        yield Running(host, store.storage_of(app))


@pytest.fixture(scope="module")
def several(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    app = copy_of("storage_bindings", tmp_path_factory.mktemp("apps"))
    with HostProcess(app, env={**store.settings, "Prefix": "eu"}) as host:
        yield Running(host, store.storage_of(app))


ORDER = json.dumps({"customer": {"Name": "ann"}}).encode()


def test_several_bindings_at_once_with_values_of_route_query_and_body(several: Running) -> None:
    several.storage.put("drafts", "5.json", '{"ä": 1}'.encode())
    several.storage.put("drafts", "ann/red", b"RED")
    answer = several.host.post("/api/orders/5?stamp=red", ORDER)
    assert answer.json() == {"draft": '{"ä": 1}', "stamp": "RED"}
    assert several.storage.content("eu-invoices", "ann/5.txt") == 'Grüße {"ä": 1}'.encode()
    (copy,) = several.storage.names("copies")
    assert copy.startswith("5-")
    assert len(copy) == len("5-.txt") + 32
    assert several.storage.content("copies", copy) == b"\0RED"
    assert several.storage.messages("todo-red") == [b'{"id": "5"}']
    assert several.storage.messages("unset") == []


def test_a_function_that_fails_writes_nothing(several: Running) -> None:
    assert several.host.post("/api/orders/6?stamp=blue&fail=1", ORDER).status == 500
    assert several.storage.content("eu-invoices", "ann/6.txt") is None
    assert several.storage.messages("todo-blue") == []


def test_an_expression_without_a_value_fails_before_the_function_runs(several: Running) -> None:
    assert several.host.post("/api/orders/5?stamp=red", b"{}").status == 500
    several.host.wait_for_line(r"BindingError: input binding 'stamp': .*No value for named parameter 'customer'")


@pytest.mark.parametrize("route", ["write-blob", "write-blob-async"])
@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("str", "text: äöü".encode()),
        ("bytes", b"\x00\xff"),
        ("bytearray", b"array"),
        ("empty", b""),
        ("file", b"from a file"),
        ("text-file", ("ä" * 100_000).encode()),
        ("unsized", b"all at once"),
        ("long-str", ("é" * MIB).encode()),
        ("long-bytes", b"b" * 80 * MIB),
        ("dict", b'{"json": 1}'),
    ],
)
def test_what_a_blob_output_takes(decorators: Running, route: str, kind: str, content: bytes) -> None:
    assert decorators.host.get(f"/api/{route}/{kind}").text == "done"
    assert decorators.storage.content("written", kind) == content


def test_an_output_that_is_none_leaves_the_blob_alone(decorators: Running) -> None:
    decorators.storage.put("written", "none", b"as it was")
    assert decorators.host.get("/api/write-blob/none").text == "done"
    assert decorators.storage.content("written", "none") == b"as it was"


def test_a_written_blob_keeps_its_metadata_and_names_its_invocation(decorators: Running) -> None:
    decorators.storage.put("written", "str", b"before", {"Owner": "me", "azurewebjobsparentid": "old"})
    decorators.host.get("/api/write-blob/str")
    found = decorators.storage.properties("written", "str")
    metadata = {name.lower(): value for name, value in found.metadata.items()}
    assert metadata["owner"] == "me"
    assert len(metadata["azurewebjobsparentid"]) == 36
    assert found.content_type == "application/octet-stream"


def test_a_file_that_breaks_off_fails_the_function_and_writes_no_half_blob(decorators: Running) -> None:
    decorators.fails("/api/write-blob/breaks", r"output binding 'out': blob 'written/breaks': .*the source is gone")
    assert decorators.storage.content("written", "breaks") is None


def test_a_worker_that_is_killed_half_way_leaves_the_blob_as_it_was(decorators: Running) -> None:
    decorators.storage.put("written", "dies", b"as it was")
    decorators.fails("/api/write-blob/dies", r"output binding 'out': blob 'written/dies': Python worker .*killed")
    assert decorators.storage.content("written", "dies") == b"as it was"
    assert decorators.host.get("/api/write-blob/str").text == "done"


@pytest.mark.parametrize(
    ("kind", "messages"),
    [
        ("str", ["text: äöü".encode()]),
        ("bytes", [b"bytes"]),
        ("dict", [b'{"a": 1}']),
        ("list", [b"one", b"two", b'{"three": 3}', b"four", b"[5]"]),
        ("array", [b"one", b'{"two": 2}', b"3"]),
        ("object", [b'{"a": [1, 2]}']),
        ("message", [b'["not", "split"]']),
        ("int", [b"5"]),
        ("float", [b"2.5"]),
        ("bool", [b"true"]),
        ("none", []),
        ("nothing", []),
        ("fits", [b"x" * 49152]),
    ],
)
def test_what_a_queue_output_takes(decorators: Running, kind: str, messages: list[bytes]) -> None:
    assert decorators.host.get(f"/api/write-queue/{kind}").text == "done"
    assert decorators.storage.messages(f"messages-{kind}") == messages


def test_a_message_over_the_limit_fails_with_the_numbers(decorators: Running) -> None:
    line = r"output binding 'out': queue 'messages-too-long': 49153 bytes are 65540 in Base64"
    decorators.fails("/api/write-queue/too-long", line)


def test_a_list_with_something_that_is_no_message(decorators: Running) -> None:
    decorators.fails("/api/write-queue/wrong", "TypeError: invalid data type in output queue message list")


@pytest.mark.parametrize("route", ["read", "read-async"])
@pytest.mark.parametrize("size", [0, 5, 300_000, 20 * MIB])
def test_an_input_stream_is_read_in_pieces(decorators: Running, route: str, size: int) -> None:
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    decorators.storage.put("samples", f"of/{size}", content)
    found = decorators.host.get(f"/api/{route}/samples/of/{size}").json()
    assert isinstance(found, dict)
    assert (found["size"], found["md5"]) == (size, hashlib.md5(content).hexdigest())  # noqa: S324
    assert found.get("length", size) == size


def test_a_missing_blob_and_a_missing_container_are_none(decorators: Running) -> None:
    decorators.storage.put("samples", "there", b"")
    assert decorators.host.get("/api/read/samples/not-there").text == "null"
    assert decorators.host.get("/api/read/no-container/x").text == "null"


def test_a_long_request_body_beside_a_long_blob(decorators: Running) -> None:
    decorators.storage.put("samples", "beside", b"z" * 3 * MIB)
    for route in ("read", "read-async", "whole"):
        found = decorators.host.post(f"/api/{route}/samples/beside", b"y" * 2 * MIB).json()
        assert isinstance(found, dict)
        assert found["size"] == 3 * MIB


def test_lines_of_a_long_blob(decorators: Running) -> None:
    decorators.storage.put("samples", "lines", b"line\n" * 400_000)
    assert decorators.host.get("/api/lines/samples/lines").json() == {"lines": 400_000}


def test_annotated_parameters_get_the_whole_blob(decorators: Running) -> None:
    decorators.storage.put("samples", "whole", "ä".encode() * MIB)
    assert decorators.host.get("/api/whole/samples/whole").json() == {"type": "bytes", "size": 2 * MIB}
    assert decorators.host.get("/api/text/samples/whole").json() == {"type": "str", "text": "ä" * 100}


def test_an_input_goes_straight_into_an_output(decorators: Running) -> None:
    content = bytes(range(256)) * 4096 * 8
    decorators.storage.put("samples", "long", content)
    assert decorators.host.get("/api/copy/samples/long").text == "copied"
    assert decorators.storage.content("copies", "samples/long") == content


def test_two_files_at_once_and_one_that_cannot_be_written(decorators: Running) -> None:
    assert decorators.host.get("/api/two/written").text == "two"
    assert decorators.storage.properties("written", "first").size == 3 * MIB
    decorators.storage.put("written", "second", b"")
    decorators.fails("/api/two/No-Container", r"output binding 'first': blob 'No-Container/first': Invalid container")
    assert decorators.storage.properties("written", "second").size == 4 * MIB


def test_functions_with_wrong_bindings_say_why_and_the_others_run(tmp_path: Path) -> None:
    with HostProcess(copy_of("broken_bindings", tmp_path), env=SETTINGS) as host:
        host.wait_for_line(r"'NoSetting' function.*'connection' of the binding 'obj'.*AzureWebJobsMyStorage")
        host.wait_for_line(r"'Malformed' function.*'path' of the binding 'obj'.*Missing closing bracket at position 9")
        host.wait_for_line(r"'NoSuchName' function.*Unable to resolve binding parameter 'sys.nothing'")
        host.wait_for_line(r"'NoPath' function.*has no 'path'")
        host.wait_for_line(r"The binding type\(s\) 'blobb' are not registered")
        host.wait_for_line(r"Known types: httpTrigger")
        assert host.get("/api/Fine").text == "Fine"
        for name in ("NoSetting", "Malformed", "NoSuchName", "NoPath", "Unknown"):
            assert host.get(f"/api/{name}").status == 500
