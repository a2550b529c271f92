"""Section `extensions.queues` of host.json."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Literal

from funchost.app import values
from funchost.app.config_tree import ConfigNode

MAX_BATCH = 32
DEFAULT_BATCH = 16
DEFAULT_LEASE = 60.0
MIN_LEASE = 5.0
WEEK = 7 * values.DAY

MessageEncoding = Literal["base64", "none"]


@dataclass(frozen=True)
class QueueOptions:
    """How queue functions are served, and how queue outputs are written.

    Args:
        batch_size: messages received at once, 1 to 32.
        new_batch_threshold: the next batch is received as soon as no more than this many messages run.
        max_polling_interval: longest pause between two looks at an empty queue, seconds; None = 2 s for stores on this
            machine, a minute for others.
        visibility_timeout: seconds until a message whose function failed may be received again.
        max_dequeue_count: how often a message is received before it goes to the poison queue.
        message_encoding: how the text of a message carries its body.
        lease: seconds that a received message is hidden; renewed at a third of it while the message runs. So long
            are messages hidden that a host had when it was killed.
    """

    batch_size: int = DEFAULT_BATCH
    new_batch_threshold: int = field(default_factory=lambda: DEFAULT_BATCH // 2 * processors())
    max_polling_interval: float | None = None
    visibility_timeout: float = 0.0
    max_dequeue_count: int = 5
    message_encoding: MessageEncoding = "base64"
    lease: float = DEFAULT_LEASE


def read_queue_options(node: ConfigNode) -> QueueOptions:
    """Return the section's options.

    Without a `newBatchThreshold` it is half a batch for each processor, as in the existing host.

    Raises:
        ConfigError or SettingError: a property is out of its range or of the wrong kind.
    """
    batch = node.at("batchSize").read(values.whole(1, MAX_BATCH), DEFAULT_BATCH)
    encoding = node.at("messageEncoding").read(values.choice(("none", "base64")), "base64")
    return QueueOptions(
        batch_size=batch,
        new_batch_threshold=node.at("newBatchThreshold").read(values.whole(0), batch // 2 * processors()),
        max_polling_interval=node.at("maxPollingInterval").read(values.span(0.1), None),
        visibility_timeout=node.at("visibilityTimeout").read(values.span(0, WEEK), 0.0),
        max_dequeue_count=node.at("maxDequeueCount").read(values.whole(1), 5),
        message_encoding="none" if encoding == "none" else "base64",
        lease=node.at("leaseDuration").read(values.span(MIN_LEASE, WEEK), DEFAULT_LEASE),
    )


def processors() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
