from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from funchost.platform.placement.local_memory import ProcessUse, all_processes, families, memory_over


def pids(found: Sequence[ProcessUse]) -> list[int]:
    return sorted(process.pid for process in found)


def test_what_a_host_has_started_counts_at_any_depth() -> None:
    host, worker, child = ProcessUse(10, 1, 10, 1), ProcessUse(11, 10, 11, 1), ProcessUse(12, 11, 11, 1)
    stranger = ProcessUse(20, 1, 20, 1)
    assert pids(families([10], [host, worker, child, stranger])[10]) == [10, 11, 12]


def test_a_child_whose_parent_has_ended_counts_by_its_session() -> None:
    host, worker, left = ProcessUse(10, 1, 10, 1), ProcessUse(11, 10, 11, 1), ProcessUse(12, 1, 11, 1)
    assert pids(families([10], [host, worker, left])[10]) == [10, 11, 12]


def test_one_that_is_gone_has_no_family() -> None:
    assert pids(families([10, 99], [ProcessUse(10, 1, 10, 1), ProcessUse(11, 10, 10, 1)])[10]) == [10, 11]
    assert 99 not in families([99], [])


def proc_of(folder: Path, *processes: tuple[int, int, int, int | None]) -> Path:
    """A /proc with processes: id, parent, resident pages, and the share in KiB if it is told."""
    for pid, parent, pages, share in processes:
        (folder / str(pid)).mkdir()
        fields = ["S", str(parent), str(pid), str(pid), *["0"] * 17, str(pages), "0"]
        (folder / str(pid) / "stat").write_text(f"{pid} (name) {' '.join(fields)}\n")
        if share is not None:
            (folder / str(pid) / "smaps_rollup").write_text(f"title\nRss: 9 kB\nPss: {share} kB\n")
    return folder


def test_memory_that_processes_share_counts_once(tmp_path: Path) -> None:
    page = os.sysconf("SC_PAGE_SIZE")
    proc = proc_of(tmp_path, (10, 1, 100, 200), (11, 10, 100, 200), (20, 1, 100, 400), (21, 20, 5, 4))
    assert memory_over({10: 150 * page, 20: 101 * page}, proc) == {}
    assert memory_over({10: 399 * 1024, 20: 105 * page}, proc) == {10: 400 * 1024}


def test_a_process_that_ends_meanwhile_counts_nothing(tmp_path: Path) -> None:
    proc = proc_of(tmp_path, (10, 1, 100, 1000), (11, 10, 100, None))
    assert memory_over({10: 99 * 1024}, proc) == {10: 1000 * 1024}


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
