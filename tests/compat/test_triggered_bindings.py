"""Bindings of functions that queues, timers and blobs trigger: names from the event, retries, results."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from funchost.testing import HostProcess
from funchost.testing.eventually import eventually
from tests.compat.app_folders import copy_of
from tests.compat.app_storage import Store

LONG = bytes(range(256)) * 4096 * 3


@pytest.fixture(scope="module")
def host(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    with HostProcess(copy_of("triggered_bindings", tmp_path_factory.mktemp("apps")), env=store.settings) as running:
        yield running


def test_members_of_a_message_and_its_metadata_name_blobs_and_queues(store: Store, host: HostProcess) -> None:
    storage = store.storage_of(host.app)
    storage.put("drafts", "7", b"erster")
    body = '{"id": 7, "customer": {"Name": "ann"}, "DequeueCount": "own"}'
    storage.put_message("orders", body)
    eventually(lambda: storage.messages("done-ann") == [b"order 7, draft erster"])
    eventually(lambda: storage.content("orders", "ann/7-own.json") == body.encode())


def test_every_dequeue_has_all_retries_and_each_reads_its_inputs(store: Store, host: HostProcess) -> None:
    storage = store.storage_of(host.app)
    storage.put("samples", "poor", b"read")
    storage.put_message("flaky", "poor")
    eventually(lambda: storage.messages("flaky-poison") == [b"poor"])
    expected = [
        f"{dequeue}, attempt {attempt} of 2, before {'ValueError: always' if attempt else None}, input read"
        for dequeue in (1, 2)
        for attempt in (0, 1, 2)
    ]
    # the last line may come after the message
    eventually(lambda: [line.partition("dequeue ")[2] for line in host.lines if "dequeue " in line] == expected)
    assert "never" not in storage.queues()


def test_a_timers_result_goes_to_a_blob(store: Store, host: HostProcess) -> None:
    storage = store.storage_of(host.app)
    host.wait_for_line(r"Executed 'Functions\.Tick' \(Succeeded")
    (name,) = storage.names("ticks")
    assert name.startswith(f"{datetime.now(UTC):%Y-%m}/")
    assert storage.content("ticks", name) == b"tick"


def test_a_long_blob_that_triggers_goes_straight_into_another(store: Store, host: HostProcess) -> None:
    storage = store.storage_of(host.app)
    storage.put("photos", "holiday/a.b.jpg", LONG)
    eventually(lambda: storage.messages("resized") == [f"photos/holiday/a.b.jpg {len(LONG)}".encode()])
    eventually(lambda: storage.content("small", "holiday/a.b-s.jpg") == LONG)
