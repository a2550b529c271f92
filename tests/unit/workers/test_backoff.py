from __future__ import annotations

import pytest

from funchost.workers.backoff import deaths_in_a_row, restart_delay


@pytest.mark.parametrize(
    ("deaths", "delay"), [(1, 0), (2, 1), (3, 2), (4, 4), (5, 8), (6, 16), (7, 30), (8, 30), (10_000, 30)]
)
def test_the_first_death_costs_nothing_and_further_ones_double_the_wait(deaths: int, delay: float) -> None:
    assert restart_delay(deaths) == delay


def test_a_minute_of_service_forgets_earlier_deaths() -> None:
    assert deaths_in_a_row(7, 60.0) == 1
    assert deaths_in_a_row(7, 59.9) == 8
    assert deaths_in_a_row(0, 0.0) == 1
