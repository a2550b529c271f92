"""host.json: options of blob functions and of locks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from funchost.app.host_json import HostConfig, load_host_config
from funchost.errors import ConfigError


def config(tmp_path: Path, content: Mapping[str, object]) -> HostConfig:
    (tmp_path / "host.json").write_text(json.dumps({"version": "2.0", **content}))
    return load_host_config(tmp_path, {})


def test_the_defaults(tmp_path: Path) -> None:
    found = config(tmp_path, {})
    assert (found.singleton.listener_lease, found.singleton.listener_retry) == (15.0, None)
    assert found.blobs.poison_threshold == 5
    assert found.blobs.max_parallel % 8 == 0


def test_what_is_given_counts(tmp_path: Path) -> None:
    found = config(
        tmp_path,
        {
            "singleton": {"listenerLockPeriod": "00:01:00", "ListenerLockRecoveryPollingInterval": "00:01:00"},
            "extensions": {"blobs": {"maxDegreeOfParallelism": 4, "poisonBlobThreshold": "1"}},
        },
    )
    assert (found.singleton.listener_lease, found.singleton.listener_retry) == (60.0, 60.0)
    assert (found.blobs.max_parallel, found.blobs.poison_threshold) == (4, 1)


@pytest.mark.parametrize(
    "content",
    [
        {"singleton": {"listenerLockPeriod": "00:00:14"}},
        {"singleton": {"listenerLockPeriod": "00:01:01"}},
        {"singleton": {"listenerLockRecoveryPollingInterval": "00:00:05"}},
        {"extensions": {"blobs": {"maxDegreeOfParallelism": 0}}},
        {"extensions": {"blobs": {"poisonBlobThreshold": 0}}},
    ],
)
def test_what_is_out_of_range_is_refused(tmp_path: Path, content: Mapping[str, object]) -> None:
    with pytest.raises(ConfigError, match="out of range"):
        config(tmp_path, content)
