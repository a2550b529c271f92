"""What a timer trigger's declaration may say."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from funchost.app.host_json import HostConfig
from funchost.app.problem import DeclarationProblem
from funchost.settings import load_settings
from funchost.triggers.timer.config import check, read_timer_trigger
from tests.unit.triggers.fakes import function


def test_the_defaults_are_the_existing_hosts() -> None:
    trigger = read_timer_trigger(function("Tick", "timerTrigger", {"schedule": "0 0 * * * *"}), load_settings({}))
    assert (trigger.parameter, trigger.run_on_startup, trigger.monitored) == ("item", False, True)


def test_the_monitor_can_be_switched_off() -> None:
    tick = function("Tick", "timerTrigger", {"schedule": "0 0 * * * *", "useMonitor": False})
    assert read_timer_trigger(tick, load_settings({})).monitored is False


@pytest.mark.parametrize(
    ("properties", "environ", "reason"),
    [
        ({}, {}, "The schedule is missing"),
        ({"schedule": "sometimes"}, {}, "was not recognized as a valid cron expression or timespan string"),
        ({"schedule": "0 0 0 30 2 *"}, {}, "February has no day 30"),
        ({"schedule": "0 0 * * * *", "runOnStartup": "perhaps"}, {}, "'runOnStartup' of the timer trigger 'item'"),
        ({"schedule": "0 0 * * * *"}, {"WEBSITE_TIME_ZONE": "Moon/Base"}, "WEBSITE_TIME_ZONE: 'Moon/Base' is not"),
        (
            {"schedule": "0 0 * * * *"},
            {"AzureWebJobsStorage": "<azure-storage-connection-string>"},
            "which cannot be used: AzureWebJobsStorage",
        ),
    ],
)
def test_what_is_wrong_is_said_at_load(
    properties: Mapping[str, object], environ: Mapping[str, str], reason: str
) -> None:
    with pytest.raises(DeclarationProblem) as caught:
        check(function("Tick", "timerTrigger", properties), HostConfig(), load_settings(environ))
    assert reason in caught.value.message
