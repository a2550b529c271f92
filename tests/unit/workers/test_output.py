from __future__ import annotations

from funchost.workers.output import LINE_LIMIT, LineSplitter


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
