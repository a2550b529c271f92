from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from funchost.console import Console, wants_colour


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    for fd in (reader, writer):
        try:
            os.close(fd)
        except OSError:
            pass  # the test closed it


def read_all(fd: int) -> str:
    with os.fdopen(fd, "rb", closefd=False) as file:
        return file.read().decode()


def wait_until(condition: Callable[[], bool], timeout: float = 5.0) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        threading.Event().wait(0.005)


def fill(fd: int) -> None:
    """Fill the pipe so that the next write blocks."""
    os.set_blocking(fd, False)
    try:
        while True:
            os.write(fd, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(fd, True)


def test_lines_arrive_in_order_without_closing(pipe: tuple[int, int]) -> None:
    console = Console(pipe[1])
    console.write("one\n")
    console.write("two\n")
    assert os.read(pipe[0], 100) == b"one\ntwo\n"
    console.write("three\n")
    assert os.read(pipe[0], 100) == b"three\n"
    assert console.close()


def test_close_writes_what_waits(pipe: tuple[int, int]) -> None:
    console = Console(pipe[1])
    for number in range(5000):
        console.write(f"{number}\n")
    assert console.close()
    os.close(pipe[1])
    assert read_all(pipe[0]).splitlines() == [str(number) for number in range(5000)]


def test_writes_after_close_are_ignored(pipe: tuple[int, int]) -> None:
    console = Console(pipe[1])
    assert console.close()
    console.write("late\n")
    assert console.close()
    os.close(pipe[1])
    assert read_all(pipe[0]) == ""


def test_stuck_reader_does_not_block_writers_and_close_is_bounded(pipe: tuple[int, int]) -> None:
    fill(pipe[1])
    console = Console(pipe[1], limit=10_000)
    started = time.monotonic()
    for _ in range(2000):
        console.write("0123456789\n")
    assert not console.close(timeout=0.1)
    assert time.monotonic() - started < 2.0
    os.close(pipe[0])  # lets the thread end


def test_host_lines_are_dropped_first_and_the_number_is_printed_when_there_is_room(pipe: tuple[int, int]) -> None:
    fill(pipe[1])
    console = Console(pipe[1], limit=1000)
    for _ in range(100):
        console.write("host line\n", droppable=True)
    for _ in range(60):
        console.write("app line.\n")
    reader = threading.Thread(target=lambda: texts.append(read_all(pipe[0])))
    texts: list[str] = []
    reader.start()
    assert console.close(timeout=10)
    os.close(pipe[1])
    reader.join(10)
    lines = texts[0].lstrip("x").splitlines()
    assert lines.count("host line") == 50
    assert lines.count("app line.") == 50
    assert lines[-1] == "(50 host lines and 10 app lines dropped here: the console is read too slowly)"


def test_reader_that_goes_away_ends_the_output_quietly(pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    console = Console(pipe[1], limit=1000)
    for _ in range(1000):
        console.write("nobody reads this\n")
    assert console.close()


def test_nonblocking_descriptor_is_waited_for(pipe: tuple[int, int]) -> None:
    os.set_blocking(pipe[1], False)
    console = Console(pipe[1])
    text = "line of a big message\n" * 20_000
    console.write(text)
    received = bytearray()
    while len(received) < len(text):
        received += os.read(pipe[0], 65536)
    assert received.decode() == text
    assert console.close()


def test_text_that_utf8_cannot_hold_is_escaped(pipe: tuple[int, int]) -> None:
    console = Console(pipe[1])
    console.write("a \udc80 é\n")
    assert console.close()
    assert os.read(pipe[0], 100).decode() == "a \\udc80 é\n"


def test_several_threads_lose_nothing(pipe: tuple[int, int]) -> None:
    console = Console(pipe[1])
    texts: list[str] = []
    reader = threading.Thread(target=lambda: texts.append(read_all(pipe[0])))
    reader.start()

    def write(name: int) -> None:
        for number in range(2000):
            console.write(f"{name} {number}\n")

    writers = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join(10)
    assert console.close()
    os.close(pipe[1])
    reader.join(10)
    lines = texts[0].splitlines()
    for name in range(4):
        assert [line for line in lines if line.startswith(f"{name} ")] == [f"{name} {n}" for n in range(2000)]


def test_room_comes_back_once_text_is_written(pipe: tuple[int, int]) -> None:
    console = Console(pipe[1], limit=100)
    for _ in range(5):
        console.write("x" * 99 + "\n")
        received = b""
        while not received.endswith(b"\n"):
            received += os.read(pipe[0], 200)
        wait_until(lambda: console._waiting == 0)
    assert console.close()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_off_a_terminal(pipe: tuple[int, int], environ: dict[str, str], expected: bool) -> None:
    assert wants_colour(pipe[1], environ) is expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False), ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({}, True)],
)
def test_colour_on_a_terminal(environ: dict[str, str], expected: bool) -> None:
    leader, terminal = os.openpty()
    try:
        assert wants_colour(terminal, environ) is expected
    finally:
        os.close(leader)
        os.close(terminal)
