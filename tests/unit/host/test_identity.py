from __future__ import annotations

from pathlib import Path

from funchost.host.identity import host_id, stable_hash


def test_configured_id_wins_and_is_trimmed() -> None:
    assert host_id(Path("/app"), "My-App-" + "x" * 40) == ("my-app-" + "x" * 40)[:32]


def test_no_dash_is_left_at_the_end_of_a_cut_id() -> None:
    assert host_id(Path("/app"), "a" * 31 + "-b") == "a" * 31


def test_local_id_is_the_same_for_the_same_path_only() -> None:
    assert host_id(Path("/app"), None) == host_id(Path("/app"), None)
    assert host_id(Path("/app"), None) != host_id(Path("/other"), None)


def test_hash_is_32_bit_and_stable() -> None:
    assert stable_hash("") == 23
    assert stable_hash("a") == 23 * 31 + 97
    assert stable_hash("x" * 1000) == stable_hash("x" * 1000) < 2**32
