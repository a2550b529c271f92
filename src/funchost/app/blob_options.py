"""Section `extensions.blobs` of host.json."""

from __future__ import annotations

from dataclasses import dataclass, field

from funchost.app import values
from funchost.app.config_tree import ConfigNode
from funchost.app.queue_options import processors

CALLS_PER_PROCESSOR = 8


@dataclass(frozen=True)
class BlobOptions:
    """How functions that blobs trigger are served.

    Args:
        max_parallel: most calls of such functions at once in one host instance, all functions together.
        poison_threshold: how often a blob is tried before its message goes to the poison queue.
    """

    max_parallel: int = field(default_factory=lambda: CALLS_PER_PROCESSOR * processors())
    poison_threshold: int = 5


def read_blob_options(node: ConfigNode) -> BlobOptions:
    """Return the section's options.

    Raises:
        ConfigError or SettingError: a property is out of its range or of the wrong kind.
    """
    return BlobOptions(
        max_parallel=node.at("maxDegreeOfParallelism").read(values.whole(1), CALLS_PER_PROCESSOR * processors()),
        poison_threshold=node.at("poisonBlobThreshold").read(values.whole(1), 5),
    )
