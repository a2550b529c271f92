import io
import os
import time
from collections.abc import Iterator
from typing import IO

import pytest

from funchost.testing.console_lines import ConsoleLines


@pytest.fixture
def pipe() -> Iterator[tuple[IO[str], IO[str]]]:
    reading, writing = os.pipe()
    with os.fdopen(reading, "r") as source, os.fdopen(writing, "w", buffering=1) as sink:
        yield source, sink
        sink.close()


def test_a_line_that_is_there_is_found() -> None:
    console = ConsoleLines(io.StringIO("one\r\ntwo 22\n"))
    assert console.wait_for(r"two (\d+)", timeout=5)[1] == "22"
    assert console.lines == ("one", "two 22")


def test_a_line_that_comes_later_is_waited_for(pipe: tuple[IO[str], IO[str]]) -> None:
    source, sink = pipe
    console = ConsoleLines(source)
    sink.write("first\n")
    console.wait_for("first", timeout=5)
    sink.write("second\n")
    console.wait_for("second", timeout=5)
    sink.close()
    console.join(5)


def test_lines_before_the_start_do_not_count() -> None:
    console = ConsoleLines(io.StringIO("same 1\nsame 2\n"))
    console.join(5)
    assert console.wait_for(r"same (\d)", timeout=5, start=1)[1] == "2"


def test_the_end_of_the_output_ends_the_wait_and_shows_the_last_lines() -> None:
    console = ConsoleLines(io.StringIO("all there is\n"))
    with pytest.raises(TimeoutError, match=r"(?s)the output ended without a line that matches 'more'.*all there is"):
        console.wait_for("more", timeout=5)


def test_the_time_ends_the_wait(pipe: tuple[IO[str], IO[str]]) -> None:
    source, sink = pipe
    console = ConsoleLines(source)
    with pytest.raises(TimeoutError, match=r"0\.01 s passed"):
        console.wait_for("never", timeout=0.01)
    sink.close()
    console.join(5)


def test_a_stuck_reader_reads_nothing_until_it_goes_on(pipe: tuple[IO[str], IO[str]]) -> None:
    source, sink = pipe
    console = ConsoleLines(source)
    console.read_at(0)
    sink.write("the line that it was waiting for\nlater\n")
    with pytest.raises(TimeoutError):
        console.wait_for("later", timeout=0.05)
    console.read_at(None)
    console.wait_for("later", timeout=5)
    sink.close()
    console.join(5)


def test_a_slow_reader_takes_its_time(pipe: tuple[IO[str], IO[str]]) -> None:
    source, sink = pipe
    console = ConsoleLines(source)
    console.read_at(1000)
    started = time.monotonic()
    sink.write("99 characters".ljust(99) + "\n" + "the second\n")
    console.wait_for("second", timeout=5)
    assert time.monotonic() - started >= 0.1
    sink.close()
    console.join(5)


def test_a_reader_that_leaves_closes_the_stream(pipe: tuple[IO[str], IO[str]]) -> None:
    source, sink = pipe
    console = ConsoleLines(source)
    console.leave()
    sink.write("the last line\n")
    console.join(5)
    assert source.closed
    assert console.lines == ("the last line",)
