"""Which port a site gets."""

from __future__ import annotations

from itertools import islice

from funchost.platform.apps.site_ports import MAX_ATTEMPTS, PortRange, candidates


def test_the_port_from_before_comes_first_then_the_lowest_free_one() -> None:
    assert list(candidates(PortRange(1, 5), 4, {2})) == [4, 1, 3, 5]


def test_a_port_that_another_site_has_is_not_tried() -> None:
    assert list(candidates(PortRange(1, 3), 2, {2})) == [1, 3]


def test_any_free_port_is_asked_of_the_system() -> None:
    assert list(candidates(PortRange(0, 0), None, {1})) == [0]
    assert list(candidates(PortRange(0, 0), 7, {1})) == [7, 0]


def test_a_range_full_of_other_programs_is_given_up() -> None:
    assert len(list(islice(candidates(PortRange(20000, 20999), None, set()), 1000))) == MAX_ATTEMPTS
