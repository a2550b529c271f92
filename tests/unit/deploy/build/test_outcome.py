from __future__ import annotations

import pytest

from funchost.deploy.build.job import BuildResult
from funchost.deploy.build.outcome import Outcome
from funchost.deploy.build.report import Done, Failed, Line, Stage, encode
from funchost.errors import BuildError, PackageError

RESULT = BuildResult(1, ("a==1",))


def outcome(*lines: bytes, limit: int = 100) -> tuple[Outcome, list[tuple[str, bool]]]:
    seen: list[tuple[str, bool]] = []
    made = Outcome(lambda text, error: seen.append((text, error)), limit)
    for line in lines:
        made.take(line)
    return made, seen


def test_lines_come_through_in_order() -> None:
    _, seen = outcome(encode(Line("one")), b"noise", encode(Line("two", True)))

    assert seen == [("one", False), ("two", True)]


def test_a_process_that_reports_without_end_is_not_heard_for_ever() -> None:
    _, seen = outcome(*[encode(Line("x"))] * 50, limit=10)

    assert len(seen) == 11


def test_a_build_that_is_done_has_its_result() -> None:
    made, _ = outcome(encode(Done(RESULT)))

    assert made.result("exited with code 0") == RESULT


def test_a_failure_is_raised_as_what_it_is() -> None:
    made, _ = outcome(encode(Failed("PackageError", "bad entry")))

    with pytest.raises(PackageError, match="bad entry"):
        made.result("exited with code 0")


def test_the_first_end_counts() -> None:
    made, _ = outcome(encode(Failed("BuildError", "too much memory")), encode(Done(RESULT)))

    with pytest.raises(BuildError, match="too much memory"):
        made.result("exited with code 0")


def test_a_process_that_ends_without_a_word_fails_with_how_and_when() -> None:
    made, _ = outcome(encode(Stage("compiling the modules")))

    with pytest.raises(BuildError, match="was killed by signal 9 .* while it was compiling the modules") as caught:
        made.result("was killed by signal 9 (SIGKILL)")
    assert caught.value.hint is not None
    assert "memory" in caught.value.hint
