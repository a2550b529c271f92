from __future__ import annotations

import pytest

from funchost.host.backoff import load_delay


@pytest.mark.parametrize(("failures", "delay"), [(0, 1), (1, 1), (2, 1.5), (3, 3.5), (7, 63.5), (8, 120), (5000, 120)])
def test_delay_grows_between_one_second_and_two_minutes(failures: int, delay: float) -> None:
    assert load_delay(failures) == delay
