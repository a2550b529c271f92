from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from typing import cast

import pytest

from funchost.workers.output import LINE_LIMIT, LineSplitter, OutputPipe


def test_lines_are_cut_wherever_the_pieces_end() -> None:
    lines = LineSplitter()

    assert lines.feed(b"one\ntw") == ["one"]
    assert lines.feed(b"o\n\nthree") == ["two", ""]
    assert lines.end() == ["three"]


def test_nothing_left_is_no_line() -> None:
    lines = LineSplitter()

    assert lines.feed(b"one\n") == ["one"]
    assert lines.end() == []


def test_a_carriage_return_belongs_to_the_line_end() -> None:
    assert LineSplitter().feed(b"one\r\ntwo\rthree\r\n") == ["one", "two\rthree"]


def test_a_character_cut_in_half_is_one_character() -> None:
    lines = LineSplitter()
    data = "naïve €\n".encode()

    assert [line for at in range(len(data)) for line in lines.feed(data[at : at + 1])] == ["naïve €"]


def test_what_is_not_utf_8_is_replaced() -> None:
    lines = LineSplitter()

    assert lines.feed(b"caf\xe9\n") == ["caf\ufffd"]
    assert lines.feed(b"cut \xe2\x82") == []
    assert lines.end() == ["cut \ufffd"]


def test_long_lines_are_delivered_in_pieces() -> None:
    lines = LineSplitter()
    delivered = lines.feed(b"x" * (2 * LINE_LIMIT + 5) + b"\nshort\n")

    assert [len(line) for line in delivered] == [LINE_LIMIT, LINE_LIMIT, 5, 5]


def test_a_line_without_end_does_not_pile_up() -> None:
    lines = LineSplitter()
    delivered = [line for _ in range(100) for line in lines.feed(b"x" * 16384)]

    assert sum(map(len, delivered)) >= 100 * 16384 - LINE_LIMIT
    assert max(map(len, delivered)) == LINE_LIMIT


def test_the_start_of_a_line_can_be_taken_before_its_end_comes() -> None:
    lines = LineSplitter()
    assert lines.feed(b"one\nName: ") == ["one"]
    assert lines.in_line
    assert lines.take_rest() == ["Name: "]
    assert not lines.in_line
    assert lines.take_rest() == []
    assert lines.feed(b"Ada\n") == ["Ada"]


class ManualTimer:
    """A timer that goes off when the test says so."""

    def __init__(self, callback: Callable[[], object]) -> None:
        self.go_off = callback

    def cancel(self) -> None:
        self.go_off = lambda: None


class ManualLoop:
    """A loop in which the test says when something is read, and when time is over."""

    def __init__(self) -> None:
        self.read: Callable[[], object] = lambda: None
        self.timers: list[ManualTimer] = []

    def add_reader(self, _fd: int, callback: Callable[[], object]) -> None:
        self.read = callback

    def remove_reader(self, _fd: int) -> None:
        self.read = lambda: None

    def call_later(self, _delay: float, callback: Callable[[], object]) -> ManualTimer:
        self.timers.append(ManualTimer(callback))
        return self.timers[-1]

    def let_time_pass(self) -> None:
        due, self.timers = self.timers, []
        for timer in due:
            timer.go_off()


class Printed:
    """A pipe with its reader: what was written into it, and what was delivered."""

    def __init__(self) -> None:
        reading, self._writing = os.pipe()
        self.loop = ManualLoop()
        self.lines: list[str] = []
        self._pipe = OutputPipe(
            cast("asyncio.AbstractEventLoop", self.loop), os.fdopen(reading, "rb", 0), self.lines.append
        )

    def write(self, data: bytes) -> None:
        os.write(self._writing, data)

    def close(self) -> None:
        os.close(self._writing)
        self._pipe.finish()


@pytest.fixture
def printed() -> Iterator[Printed]:
    made = Printed()
    yield made
    made.close()


def test_the_start_of_a_line_is_delivered_when_its_end_does_not_come(printed: Printed) -> None:
    printed.write(b"one\nName: ")
    printed.loop.read()
    assert printed.lines == ["one"]
    printed.loop.let_time_pass()
    assert printed.lines == ["one", "Name: "]
    assert not printed.loop.timers


def test_a_line_whose_end_is_in_the_pipe_when_time_is_over_stays_whole(printed: Printed) -> None:
    printed.write(b"the start")
    printed.loop.read()
    printed.write(b" and the end\nanother")
    printed.loop.let_time_pass()
    assert printed.lines == ["the start and the end"]
    printed.loop.let_time_pass()
    assert printed.lines == ["the start and the end", "another"]


def test_a_line_that_still_grows_when_time_is_over_gets_more(printed: Printed) -> None:
    printed.write(b"10 %")
    printed.loop.read()
    printed.write(b" 20 %")
    printed.loop.let_time_pass()
    assert printed.lines == []
    printed.loop.let_time_pass()
    assert printed.lines == ["10 % 20 %"]
