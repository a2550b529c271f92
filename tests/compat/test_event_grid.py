"""Event Grid: events that come over the webhook, and events that functions publish."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from funchost.testing import HostProcess, eventually
from tests.compat.app_folders import APPS, copy_of
from tests.integration.triggers.topic import KEY, Topic, open_topic

HOOK = "/runtime/webhooks/eventgrid?functionName="
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def topic() -> Iterator[Topic]:
    with open_topic() as topic:
        yield topic


@pytest.fixture(scope="module")
def host(topic: Topic) -> Iterator[HostProcess]:
    with HostProcess(APPS / "event_grid", env=topic.settings) as host:
        yield host


def event(number: int, subject: str = "s") -> dict[str, object]:
    return {
        "id": str(number),
        "topic": "/subscriptions/x",
        "subject": subject,
        "eventType": "recordInserted",
        "eventTime": "2026-11-21T12:00:00Z",
        "data": {"make": "Ducati", "number": number},
        "dataVersion": "1.0",
        "metadataVersion": "1",
    }


def deliver(host: HostProcess, events: object, kind: str = "Notification", function: str = "TakeOne") -> int:
    headers = {**JSON, "aeg-event-type": kind}
    return host.post(f"{HOOK}{function}", json.dumps(events), headers=headers).status


def test_the_host_confirms_the_subscription(host: HostProcess) -> None:
    body = json.dumps([{"id": "1", "data": {"validationCode": "abc"}}])
    answer = host.post(f"{HOOK}TakeOne", body, headers={**JSON, "aeg-event-type": "SubscriptionValidation"})
    assert (answer.status, json.loads(answer.body)) == (200, {"validationResponse": "abc"})


def test_each_event_runs_the_function(host: HostProcess) -> None:
    assert deliver(host, [event(1), event(2)]) == 202
    for number in (1, 2):
        host.wait_for_line(rf'Python EventGrid trigger processed an event: \{{"id": "{number}", "data": .*Ducati')
    host.wait_for_line(r"Executing 'Functions.TakeOne' \(Reason='EventGrid trigger fired at \d{4}-")


def test_a_failure_is_told_so_that_the_events_come_again(host: HostProcess) -> None:
    answer = host.post(
        f"{HOOK}TakeOne", json.dumps([event(3, "fail")]), headers={**JSON, "aeg-event-type": "Notification"}
    )
    assert (answer.status, answer.text) == (500, "ValueError: this event fails")


def test_a_function_that_is_not_there_is_named(host: HostProcess) -> None:
    answer = host.post(f"{HOOK}Nobody", "[]", headers={**JSON, "aeg-event-type": "Notification"})
    assert (answer.status, answer.text) == (404, "cannot find function: 'Nobody'")


def test_a_call_by_hand_gives_one_event(host: HostProcess) -> None:
    start = len(host.lines)
    body = json.dumps({"input": json.dumps(event(77))})
    assert host.post("/admin/functions/TakeOne", body, headers=JSON).status == 202
    host.wait_for_line(r'processed an event: \{"id": "77"', start=start)
    assert host.post("/admin/functions/TakeOne", '{"input": "nonsense"}', headers=JSON).status == 400


def test_the_webhook_opens_to_its_key_and_the_master_key_alone(tmp_path: Path) -> None:
    app = copy_of("event_grid", tmp_path)
    with open_topic() as topic, HostProcess(app, "--enableAuth", env=topic.settings, state=None) as host:
        eventually(lambda: host.post(f"{HOOK}TakeOne").status == 401)
        secrets = json.loads((app / ".funchost" / "secrets" / "host.json").read_text())
        master = secrets["masterKey"]["value"]
        admin = {"x-functions-key": master}
        path = "/admin/host/systemkeys/eventgrid_extension"
        eventually(lambda: host.get(path, headers=admin).status == 200)
        key = json.loads(host.get(path, headers=admin).body)["value"]
        for code in (key, master):
            address = f"{HOOK}TakeOne&code={quote(code, safe='')}"
            answer = host.post(address, json.dumps([event(1)]), headers={**JSON, "aeg-event-type": "Notification"})
            assert answer.status == 202
        assert host.post(f"{HOOK}TakeOne&code=wrong").status == 401


def test_an_event_goes_to_the_topic_with_its_key(host: HostProcess, topic: Topic) -> None:
    assert host.post("/api/Publish").text == "published"
    delivery = topic.deliveries[-1]
    assert delivery.path == "/api/events?api-version=2018-01-01"
    assert delivery.headers["aeg-sas-key"] == KEY
    assert delivery.headers["content-type"] == "application/json; charset=utf-8"
    (published,) = delivery.events
    assert published["id"] == "test-id"
    assert published["eventType"] == "test-event-1"
    assert published["data"] == {"tag1": "value1", "tag2": "value2"}


def test_a_topic_that_refuses_fails_the_function_and_one_that_is_busy_is_asked_again(
    host: HostProcess, topic: Topic
) -> None:
    topic.statuses[:] = [401]
    before = len(topic.deliveries)
    assert host.post("/api/Publish").status == 500
    host.wait_for_line("output binding 'outputEvent'.*topic '127.0.0.1:.*the answer was 401: as it is.")
    assert len(topic.deliveries) == before + 1
    topic.statuses[:] = [503]
    assert host.post("/api/Publish").text == "published"
    assert len(topic.deliveries) == before + 3
    assert KEY not in host.output


def test_decorated_functions_take_and_publish_events(topic: Topic) -> None:
    with HostProcess(APPS / "decorators_event_grid", env=topic.settings) as host:
        assert deliver(host, event(5), function="take") == 202
        host.wait_for_line(r"took 5 s \{'make': 'Ducati', 'number': 5\}")
        host.wait_for_line(r"take: eventGridTrigger")
        cloud = [{"specversion": "1.0", "id": str(number), "source": "s", "type": "t"} for number in range(3)]
        assert host.post("/api/publish", json.dumps(cloud)).text == "published"
        delivery = topic.deliveries[-1]
        assert delivery.events == cloud
        assert delivery.headers["content-type"].startswith("application/cloudevents-batch+json")
        assert host.post("/api/publish", json.dumps([*cloud, {"id": "1"}])).status == 500
        host.wait_for_line("the events are of two schemas")


def test_an_output_without_its_settings_is_an_error_that_names_them() -> None:
    env = {"MyEventGridTopicUriSetting": "https://x.eventgrid.azure.net/api/events", "MyEventGridTopicKeySetting": None}
    with HostProcess(APPS / "event_grid", env=env) as host:
        (error,) = host.function_errors("Publish")
        assert "topicKeySetting" in error
        assert "'MyEventGridTopicKeySetting' does not exist" in error
        assert deliver(host, [event(1)]) == 202
