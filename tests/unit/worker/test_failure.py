from __future__ import annotations

import os
from pathlib import Path

from funchost_worker import failure
from funchost_worker.converters import GenericConverter, encode


def caught(action: object) -> BaseException:
    try:
        action()  # type: ignore[operator]
    except BaseException as error:
        return error
    raise AssertionError


def test_type_message_and_stack() -> None:
    told = failure.tell(caught(lambda: 1 // 0))
    assert told[:2] == ["ZeroDivisionError", "integer division or modulo by zero"]
    assert told[2].startswith("Traceback (most recent call last):")
    assert told[2].endswith("ZeroDivisionError: integer division or modulo by zero")


def test_chained_causes_are_told() -> None:
    def fail() -> None:
        try:
            dict[str, str]()["key"]
        except KeyError as error:
            raise ValueError("outer") from error

    stack = failure.tell(caught(fail))[2]
    assert "KeyError: 'key'" in stack
    assert "direct cause" in stack
    assert stack.index("KeyError") < stack.index("ValueError: outer")


def test_frames_of_the_worker_are_left_out() -> None:
    stack = failure.tell(caught(lambda: encode(GenericConverter, object(), None)))[2]
    assert "converters.py" not in stack
    assert "test_failure.py" in stack


class Hostile(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_an_exception_whose_text_fails_is_told_all_the_same() -> None:
    def fail() -> None:
        raise Hostile

    told = failure.tell(caught(fail))
    assert told[:2] == ["Hostile", failure.UNPRINTABLE]
    assert "Hostile" in told[2]


def test_a_note_follows_the_message() -> None:
    assert failure.tell(ImportError("No module named 'x'."), "Do this.")[1] == "No module named 'x'. Do this."


def test_base_exceptions_and_endless_recursion() -> None:
    def recurse() -> None:
        recurse()

    assert failure.tell(caught(recurse))[0] == "RecursionError"
    assert failure.tell(SystemExit(3))[:2] == ["SystemExit", "3"]
    assert failure.tell(KeyboardInterrupt())[0] == "KeyboardInterrupt"


def test_memory_that_the_function_holds_is_let_go() -> None:
    class Load:
        alive = 0

        def __init__(self) -> None:
            Load.alive += 1

        def __del__(self) -> None:
            Load.alive -= 1

    def gather() -> None:
        load = Load()
        raise MemoryError(load.alive)

    error = caught(gather)
    assert Load.alive == 1
    failure.let_go(error)
    assert Load.alive == 0


def test_the_place_is_the_innermost_frame_of_the_app(tmp_path: Path) -> None:
    script = tmp_path / "f.py"
    script.write_text("def inner():\n    import json\n    json.loads('{')\ndef outer():\n    inner()\n")
    namespace: dict[str, object] = {}
    exec(compile(script.read_text(), str(script), "exec"), namespace)  # noqa: S102
    told = failure.tell_with_place(caught(namespace["outer"]), str(tmp_path))
    assert told[0] == "JSONDecodeError"
    assert told[3:] == [str(script), 3]


def test_the_place_of_a_syntax_error_is_its_own() -> None:
    error = caught(lambda: compile("def f(:\n", os.path.join("/app", "x.py"), "exec"))
    assert failure.tell_with_place(error, "/elsewhere")[3:] == ["/app/x.py", 1]
