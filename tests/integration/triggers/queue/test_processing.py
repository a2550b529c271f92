from __future__ import annotations

import base64
from pathlib import Path

from funchost.testing import eventually
from tests.integration.triggers.queue_app import QueueApp


def test_each_message_runs_once_and_is_deleted(tmp_path: Path) -> None:
    app = QueueApp(tmp_path)
    texts = [f"message {number}" for number in range(200)]
    with app.start() as host:
        host.wait_for_line(r"take: queueTrigger")
        app.put(*texts)
        eventually(lambda: len(app.notes()) >= len(texts))
        eventually(lambda: app.count() == 0)
        assert set(app.times("begin").values()) == {1}
        host.wait_for_line(r"Executing 'Functions.take' \(Reason='New queue message detected on 'orders'\.', Id=")
        host.wait_for_line(r"Trigger Details: MessageId: .+, DequeueCount: 1, InsertedOn: \d{4}-")


def test_a_batch_and_the_threshold_bound_how_many_run_at_once(tmp_path: Path) -> None:
    app = QueueApp(tmp_path, {"batchSize": 16, "newBatchThreshold": 8})
    app.put(*(f"slow {number}" for number in range(100)))
    with app.start() as host:
        eventually(lambda: len(app.notes("begin")) == 16)
        first = [text for text, _, _ in app.notes("begin")]
        app.release(*first[:7])
        eventually(lambda: len(app.notes()) == 7)
        assert len(app.notes("begin")) == 16, "nine are more than the threshold"
        app.release(first[7])
        eventually(lambda: len(app.notes("begin")) == 32)
        app.release()
        eventually(lambda: len(app.notes()) == 100)
        assert host.get("/api/most").text == "24"


def test_a_message_that_always_fails_ends_in_the_poison_queue_as_it_was(tmp_path: Path) -> None:
    app = QueueApp(tmp_path, {"maxDequeueCount": 3})
    app.put("bad", "good")
    with app.start() as host:
        eventually(lambda: app.storage.messages("orders-poison") == [b"bad"])
        assert [count for text, count, _ in app.notes("begin") if text == "bad"] == [1, 2, 3]
        eventually(lambda: app.times() == {"good": 1})
        eventually(lambda: app.count() == 0)
        host.wait_for_line(r"Message has reached MaxDequeueCount of 3\. Moving message to queue 'orders-poison'\.")


def test_a_message_that_is_no_base64_never_runs_and_keeps_its_text(tmp_path: Path) -> None:
    app = QueueApp(tmp_path)
    app.put_raw("plain text")
    with app.start() as host:
        line = host.wait_for_line(r"Message decoding has failed! Check MessageEncoding settings\. MessageId=.*").group()
        assert "queue 'orders' is not Base64" in line
        assert "it goes to queue 'orders-poison'" in line
        peeked = eventually(lambda: app.storage.do(lambda account: account.queues.peek("orders-poison")))
        assert [message.text for message in peeked] == ["plain text"]
        assert app.notes("begin") == []


def test_plain_text_runs_where_host_json_says_that_messages_are_not_encoded(tmp_path: Path) -> None:
    app = QueueApp(tmp_path, {"messageEncoding": "none"})
    app.put_raw("plain text")
    with app.start():
        eventually(lambda: app.times() == {"plain text": 1})


def test_a_message_of_the_largest_size_runs(tmp_path: Path) -> None:
    app = QueueApp(tmp_path)
    app.put("x" * 49152)
    assert len(base64.b64encode(b"x" * 49152)) == 65536
    with app.start():
        eventually(lambda: app.times() == {"x" * 49152: 1})


def test_a_failed_message_waits_for_the_visibility_timeout(tmp_path: Path) -> None:
    app = QueueApp(tmp_path, {"visibilityTimeout": "00:10:00"})
    app.put("bad")
    with app.start() as host:
        host.wait_for_line(r"Executed 'Functions.take' \(Failed")
        app.put("good")
        eventually(lambda: app.times() == {"good": 1})
        eventually(lambda: app.count() == 1)
        assert app.times("begin") == {"bad": 1, "good": 1}


def test_a_queue_that_is_made_later_is_noticed(tmp_path: Path) -> None:
    app = QueueApp(tmp_path)
    with app.start() as host:
        app.put("first")
        eventually(lambda: app.times() == {"first": 1})
        assert "orders-poison" not in app.storage.do(lambda account: account.queues.list_queues())
        assert "errors" not in host.status()


def test_a_call_by_hand_gives_the_text_as_the_body(tmp_path: Path) -> None:
    app = QueueApp(tmp_path)
    with app.start() as host:
        answer = host.post(
            "/admin/functions/take", b'{"input": "by hand"}', headers={"content-type": "application/json"}
        )
        assert answer.status == 202
        eventually(lambda: app.notes() and app.notes()[0][:2] == ("by hand", 1))
