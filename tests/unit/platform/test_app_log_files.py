from __future__ import annotations

from pathlib import Path

import pytest

from funchost.platform.app_log_files import NAME, LogFiles, LogLimits


def lines(*numbers: int) -> bytes:
    return b"".join(b"%04d\n" % number for number in numbers)


def test_a_file_that_is_long_enough_is_set_aside_and_the_oldest_goes(tmp_path: Path) -> None:
    files = LogFiles(tmp_path / "logs", LogLimits(file_bytes=10, files=3))
    for number in range(8):
        files.append(lines(number))
    contents = {path.name: path.read_bytes() for path in (tmp_path / "logs").iterdir()}
    assert contents == {f"{NAME}.1": lines(6, 7), f"{NAME}.2": lines(4, 5)}
    files.append(lines(8))
    assert (tmp_path / "logs" / NAME).read_bytes() == lines(8)


@pytest.mark.parametrize(
    ("count", "found"), [(0, b""), (1, lines(8)), (2, lines(7, 8)), (4, lines(5, 6, 7, 8)), (99, lines(*range(4, 9)))]
)
def test_the_last_lines_come_from_as_many_files_as_it_takes(tmp_path: Path, count: int, found: bytes) -> None:
    files = LogFiles(tmp_path, LogLimits(file_bytes=10, files=3))
    for number in range(9):
        files.append(lines(number))
    assert files.tail(count) == found


def test_a_long_file_is_read_from_its_end(tmp_path: Path) -> None:
    files = LogFiles(tmp_path, LogLimits())
    files.append(lines(*range(9999)) * 10)
    assert files.tail(2) == lines(9997, 9998)
    assert files.tail(50_000).count(b"\n") == 50_000
    assert files.tail(1_000_000, most_bytes=1000).endswith(lines(9998))
    assert len(files.tail(1_000_000, most_bytes=1000)) < 70_000


def test_nothing_is_there_before_the_first_line(tmp_path: Path) -> None:
    files = LogFiles(tmp_path / "logs", LogLimits())
    assert files.tail(10) == b""
    files.append(b"")
    assert not (tmp_path / "logs").exists()
    files.remove()


def test_what_the_disk_does_not_take_is_counted_where_it_is_missing(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("in the way")
    files = LogFiles(tmp_path / "logs", LogLimits())
    files.append(lines(1))
    files.append(lines(2))
    (tmp_path / "logs").unlink()
    files.append(lines(3))
    first, second = (tmp_path / "logs" / NAME).read_bytes().splitlines()
    assert b"10 bytes of the log are lost" in first
    assert second == b"0003"
