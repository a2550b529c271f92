"""What func init and func new generate runs at once: every template in both models, in one app for each model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from funchost.testing import HostProcess
from tests.acceptance.small_app import FUNC, TIMEOUT, func

JSON = {"content-type": "application/json"}
EVENT = {"content-type": "application/json", "aeg-event-type": "Notification"}


class Generated(NamedTuple):
    """A running app with a function of each template, called like the template's kind."""

    host: HostProcess
    app: Path


TEMPLATES = {
    "v2": {
        "AnHttp": "HTTP trigger",
        "ATimer": "Timer Trigger",
        "AQueue": "Queue trigger",
        "ABlob": "Blob trigger",
        "AnEventBlob": "Blob trigger (using EventGrid source)",
        "AnEvent": "EventGrid trigger",
    },
    "v1": {
        "AnHttp": "http trigger",
        "ATimer": "TimerTrigger",
        "AQueue": "Azure Queue Storage trigger",
        "ABlob": "Azure Blob Storage trigger",
        "AnEventBlob": "Azure Blob Storage Trigger (using Event Grid)",
        "AnEvent": "Azure Event Grid trigger",
    },
}
QUEUES = {"v2": "queuename", "v1": "python-queue-items"}


@pytest.fixture(scope="module", params=["v2", "v1"])
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def generated(model: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    app = tmp_path_factory.mktemp(model) / "app"
    assert func("init", "app", "--model", model, cwd=app.parent).returncode == 0
    for name, template in TEMPLATES[model].items():
        made = func("new", "--template", template, "--name", name, cwd=app)
        assert made.returncode == 0, made.stderr
    with HostProcess(app) as host:
        yield Generated(host, app)


def storage(app: Path, *words: str, text: str) -> None:
    subprocess.run(
        [FUNC, "storage", *words],
        cwd=app,
        input=text,
        env={**os.environ, "FUNCHOST_STORAGE_PORTS": "0", "VIRTUAL_ENV": sys.prefix},
        text=True,
        capture_output=True,
        timeout=TIMEOUT,
        check=True,
    )


def test_every_function_is_loaded(generated: Generated, model: str) -> None:
    assert generated.host.status().get("errors") in (None, [])
    answer = generated.host.get("/admin/functions")
    assert {each["name"] for each in json.loads(answer.body)} == set(TEMPLATES[model])


def test_the_http_function_answers(generated: Generated) -> None:
    host = generated.host
    assert host.get("/api/AnHttp?name=Ada").text == "Hello, Ada. AnHttp is running."
    assert host.post("/api/AnHttp", '{"name": "Bo"}', headers=JSON).text == "Hello, Bo. AnHttp is running."
    for body in ("", "no json", '["a list"]'):
        answer = host.post("/api/AnHttp", body, headers=JSON)
        assert (answer.status, answer.text[:18]) == (200, "AnHttp is running.")


def test_the_timer_function_runs_when_it_is_asked_to(generated: Generated) -> None:
    assert generated.host.post("/admin/functions/ATimer", "{}", headers=JSON).status == 202
    generated.host.wait_for_line("ATimer ran on its schedule.")


def test_the_queue_function_takes_a_message(generated: Generated, model: str) -> None:
    storage(generated.app, "queue", "put", QUEUES[model], "-", text="an order")
    generated.host.wait_for_line("AQueue took a message: an order")


def test_the_blob_functions_take_a_blob_each_in_its_way(generated: Generated) -> None:
    host = generated.host
    storage(generated.app, "blob", "put", "samples-workitems", "a.txt", "-", text="content")
    host.wait_for_line("ABlob took the blob samples-workitems/a.txt of 7 bytes", 60)
    data = {"url": "https://devstoreaccount1.blob.core.windows.net/samples-workitems/a.txt", "blobType": "BlockBlob"}
    event = {"id": "1", "eventType": "Microsoft.Storage.BlobCreated", "data": data}
    hook = "/runtime/webhooks/blobs?functionName=Host.Functions.AnEventBlob"
    assert host.post(hook, json.dumps([event]), headers=EVENT).status == 202
    host.wait_for_line("AnEventBlob took the blob samples-workitems/a.txt of 7 bytes", 60)


def test_the_event_grid_function_takes_an_event(generated: Generated) -> None:
    event = {
        "id": "42",
        "topic": "t",
        "subject": "s",
        "eventType": "e",
        "eventTime": "2026-11-21T12:00:00Z",
        "data": {"make": "Ducati"},
        "dataVersion": "1.0",
        "metadataVersion": "1",
    }
    hook = "/runtime/webhooks/eventgrid?functionName=AnEvent"
    assert generated.host.post(hook, json.dumps([event]), headers=EVENT).status == 202
    generated.host.wait_for_line(r"AnEvent took the event 42: \{'make': 'Ducati'\}")
