from __future__ import annotations

import json
from pathlib import Path

import pytest

from funchost.app.host_json import load_host_config
from funchost.app.queue_options import QueueOptions, processors
from funchost.errors import ConfigError


def options(root: Path, **section: object) -> QueueOptions:
    (root / "host.json").write_text(json.dumps({"version": "2.0", "extensions": {"queues": section}}))
    return load_host_config(root, {}).queues


def test_the_defaults_are_those_of_the_existing_host_but_for_the_lease(tmp_path: Path) -> None:
    found = options(tmp_path)
    assert found == QueueOptions(16, 8 * processors(), None, 0.0, 5, "base64", 60.0)


def test_every_option_is_read(tmp_path: Path) -> None:
    found = options(
        tmp_path,
        batchSize=32,
        newBatchThreshold=0,
        maxPollingInterval="00:00:02",
        visibilityTimeout="00:00:30",
        maxDequeueCount=1,
        messageEncoding="None",
        leaseDuration="00:10:00",
    )
    assert found == QueueOptions(32, 0, 2.0, 30.0, 1, "none", 600.0)


def test_the_threshold_follows_the_batch(tmp_path: Path) -> None:
    assert options(tmp_path, batchSize=10).new_batch_threshold == 5 * processors()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("batchSize", 0, "0 is out of range; it must be 1 to 32"),
        ("newBatchThreshold", -1, "-1 is out of range; it must be 0 or more"),
        ("maxPollingInterval", "00:00:00.05", "at least 00:00:00.1000000"),
        ("visibilityTimeout", "8.00:00:00", "at least 00:00:00 and 7.00:00:00 at most"),
        ("maxDequeueCount", 0, "0 is out of range; it must be 1 or more"),
        ("messageEncoding", "utf8", "'utf8' is none of none, base64"),
        ("leaseDuration", "00:00:04", "at least 00:00:05"),
    ],
)
def test_values_out_of_range_name_file_line_and_property(
    tmp_path: Path, name: str, value: object, message: str
) -> None:
    with pytest.raises(ConfigError, match="extensions.queues.") as raised:
        options(tmp_path, **{name: value})
    assert message in str(raised.value)
    assert raised.value.line == 1
