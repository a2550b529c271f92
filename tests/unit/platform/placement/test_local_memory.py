from __future__ import annotations

from pathlib import Path

from funchost.platform.placement.local_memory import ProcessUse, all_processes, memory_of

MIB = 1 << 20


def test_what_a_host_has_started_counts_at_any_depth() -> None:
    host, worker, child = ProcessUse(10, 1, 10, MIB), ProcessUse(11, 10, 11, 2 * MIB), ProcessUse(12, 11, 11, 4 * MIB)
    stranger = ProcessUse(20, 1, 20, 8 * MIB)
    assert memory_of([10], [host, worker, child, stranger]) == {10: 7 * MIB}


def test_a_child_whose_parent_has_ended_counts_by_its_session() -> None:
    host, worker = ProcessUse(10, 1, 10, MIB), ProcessUse(11, 10, 11, 2 * MIB)
    left = ProcessUse(12, 1, 11, 4 * MIB)
    assert memory_of([10], [host, worker, left]) == {10: 7 * MIB}


def test_a_process_counts_once_and_one_that_is_gone_does_not_count() -> None:
    host, worker = ProcessUse(10, 1, 10, MIB), ProcessUse(11, 10, 10, 2 * MIB)
    assert memory_of([10, 99], [host, worker]) == {10: 3 * MIB}


def test_processes_are_read_whatever_their_names(tmp_path: Path) -> None:
    fields = ["S", "1", "7", "5", *["0"] * 17, "3", "0"]
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "stat").write_text(f"7 (a ) b) {' '.join(fields)}\n")
    (tmp_path / "8").mkdir()
    (tmp_path / "self").mkdir()
    (found,) = all_processes(tmp_path)
    assert found[:3] == (7, 1, 5)
    assert found.resident % 3 == 0
    assert all_processes(tmp_path / "none") == []
