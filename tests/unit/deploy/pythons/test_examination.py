from __future__ import annotations

from pathlib import Path

import pytest

from funchost.deploy.pythons import Installation
from funchost.deploy.pythons.examination import read_answer
from funchost.deploy.pythons.places import Candidate
from funchost.workers.probe import ProbeError

CANDIDATE = Candidate(Path("/opt/python/bin/python3.11"), "/opt")


def test_a_plain_cpython_is_taken_where_it_says_it_is(tmp_path: Path) -> None:
    real = tmp_path / "with space" / "python3.11"
    real.parent.mkdir()
    real.touch()

    found = read_answer(CANDIDATE, f"3 11 7 0 0 CPython {real}")

    assert found == Installation(real, (3, 11, 7), "/opt")
    assert (found.minor, found.release) == ("3.11", "3.11.7")


def test_one_that_does_not_know_its_place_is_taken_where_it_was_found() -> None:
    assert read_answer(CANDIDATE, "3 11 7 0 0 CPython ").path == CANDIDATE.path


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("3 11 7 1 0 CPython /x", "belongs to a virtual environment"),
        ("3 13 0 0 1 CPython /x", "without the GIL"),
        ("3 10 0 0 0 PyPy /x", "is PyPy"),
        ("3 5 2 0 0 CPython /x", r"is Python 3\.5\.2"),
        ("3 15 0 0 0 CPython /x", r"is Python 3\.15\.0"),
        ("2 7 18 0 0 CPython /x", r"is Python 2\.7\.18"),
        ("hello", "does not answer like Python"),
        ("", "does not answer like Python"),
    ],
)
def test_others_are_passed_over(said: str, reason: str) -> None:
    with pytest.raises(ProbeError, match=reason):
        read_answer(CANDIDATE, said)
