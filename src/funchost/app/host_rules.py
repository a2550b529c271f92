"""Ranges of the host.json properties that other rooms read, or that nothing reads but a typing error should not pass.

Source: the existing host's options; outside of a range it does not start either.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from funchost.app import values
from funchost.app.config_tree import ConfigNode

_LOCK = values.span(15, 60)

RULES: Mapping[str, values.Convert] = MappingProxyType(
    {
        "metadataProviderTimeout": values.span(0.001),
        "sendCanceledInvocationsToWorker": values.boolean,
        "sequentialRestart": values.boolean,
        "telemetryMode": values.choice(("ApplicationInsights", "OpenTelemetry")),
        "extensions.blobs.maxDegreeOfParallelism": values.whole(1),
        "extensions.blobs.poisonBlobThreshold": values.whole(1),
        "singleton.lockPeriod": _LOCK,
        "singleton.listenerLockPeriod": _LOCK,
        "singleton.listenerLockRecoveryPollingInterval": values.span(15),
        "singleton.lockAcquisitionTimeout": values.span(0.001),
        "singleton.lockAcquisitionPollingInterval": values.span(0.5),
        "aggregator.isEnabled": values.boolean,
        "aggregator.batchSize": values.whole(1, 10_000),
        "aggregator.flushTimeout": values.span(0.001, 300),
        "healthMonitor.enabled": values.boolean,
        "healthMonitor.healthCheckInterval": values.span(0.001),
        "healthMonitor.healthCheckWindow": values.span(0),
        "healthMonitor.healthCheckThreshold": values.whole(1),
        "healthMonitor.counterThreshold": values.fraction(0, 1),
        "concurrency.dynamicConcurrencyEnabled": values.boolean,
        "concurrency.snapshotPersistenceEnabled": values.boolean,
        "concurrency.maximumFunctionConcurrency": values.whole(1, unlimited=True),
        "concurrency.cpuThreshold": values.fraction(0, 1, open_ends=True),
    }
)


def check_rules(tree: ConfigNode) -> None:
    """Check every property of RULES that host.json or a setting gives.

    Raises:
        ConfigError or SettingError: a value is out of its range or of the wrong kind.
    """
    for name, convert in RULES.items():
        tree.at(*name.split(".")).read(convert, None)
