from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from funchost.errors import InterpreterError
from funchost.workers.interpreter import SETTING, candidates, choose_interpreter
from funchost.workers.probe import Probed, ProbeError


class FakeProbe:
    """Answers for known paths; every other one exits with 127."""

    def __init__(self, answers: Mapping[str, Probed]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, path: str) -> Probed:
        self.asked.append(path)
        if path not in self.answers:
            raise ProbeError("exited with code 127: command not found")
        return self.answers[path]


def touch(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return str(path)


def found(version: tuple[int, int, int] = (3, 11, 7), virtual_env: bool = False, executable: str = "") -> Probed:
    return Probed(version, virtual_env, executable)


def test_the_order_is_active_environment_then_the_projects_own_then_path(tmp_path: Path) -> None:
    app = tmp_path / "app"
    active = touch(tmp_path / "active" / "bin" / "python3")
    own = [touch(app / name / "bin" / "python") for name in (".venv", "venv", "env")]
    first, second = tmp_path / "one", tmp_path / "two"
    on_path = [
        touch(first / "python3"),
        touch(second / "python3"),
        touch(first / "python"),
        touch(second / "python3.9"),
    ]

    order = list(candidates(app, {"VIRTUAL_ENV": str(tmp_path / "active"), "PATH": f"{first}:{second}"}))

    assert [candidate.path for candidate in order] == [active, *own, *on_path]
    assert [candidate.reason for candidate in order] == [
        "VIRTUAL_ENV",
        ".venv in the project",
        "venv in the project",
        "env in the project",
        "python3 on PATH",
        "python3 on PATH",
        "python on PATH",
        "python3.9 on PATH",
    ]


def test_a_folder_called_env_that_is_no_environment_does_not_count(tmp_path: Path) -> None:
    touch(tmp_path / "env" / "production.txt")
    (tmp_path / "venv" / "bin").mkdir(parents=True)

    assert list(candidates(tmp_path, {})) == []


def test_relative_entries_of_path_do_not_count(tmp_path: Path) -> None:
    touch(tmp_path / "python3")

    assert list(candidates(tmp_path, {"PATH": ":.:"})) == []


def test_the_first_that_starts_is_chosen_and_no_other_is_started(tmp_path: Path) -> None:
    own = touch(tmp_path / ".venv" / "bin" / "python3")
    touch(tmp_path / "bin" / "python3")
    probe = FakeProbe({own: found(virtual_env=True)})

    interpreter, passed = choose_interpreter(tmp_path, None, {"PATH": str(tmp_path / "bin")}, probe)

    assert (interpreter.path, interpreter.version, interpreter.virtual_env) == (own, (3, 11, 7), True)
    assert interpreter.reason == ".venv in the project"
    assert passed == ()
    assert probe.asked == [own]


def test_the_projects_environment_is_named_when_another_one_is_active(tmp_path: Path) -> None:
    app = tmp_path / "app"
    active = touch(tmp_path / "active" / "bin" / "python3")
    own = touch(app / ".venv" / "bin" / "python3")
    probe = FakeProbe({active: found(), own: found()})

    interpreter, said = choose_interpreter(app, None, {"VIRTUAL_ENV": str(tmp_path / "active")}, probe)

    assert interpreter.path == active
    assert said == ("The project's .venv is not used: another environment is active (VIRTUAL_ENV).",)


def test_nothing_is_said_when_the_projects_environment_is_the_active_one(tmp_path: Path) -> None:
    own = touch(tmp_path / ".venv" / "bin" / "python3")

    interpreter, said = choose_interpreter(
        tmp_path, None, {"VIRTUAL_ENV": str(tmp_path / ".venv")}, FakeProbe({own: found()})
    )

    assert (interpreter.path, said) == (own, ())


def test_one_that_does_not_start_is_passed_over_by_name_with_its_reason(tmp_path: Path) -> None:
    shim = touch(tmp_path / "shims" / "python3")
    real = touch(tmp_path / "bin" / "python3")
    environ = {"PATH": f"{tmp_path}/shims:{tmp_path}/bin"}

    interpreter, passed = choose_interpreter(tmp_path, None, environ, FakeProbe({real: found()}))

    assert interpreter.path == real
    assert passed == (f"Passed over {shim} (python3 on PATH): it exited with code 127: command not found.",)


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 5, 10)])
def test_one_that_is_too_old_is_passed_over(tmp_path: Path, version: tuple[int, int, int]) -> None:
    old = touch(tmp_path / "bin" / "python")
    new = touch(tmp_path / "bin" / "python3.12")
    probe = FakeProbe({old: found(version), new: found((3, 12, 1))})

    interpreter, passed = choose_interpreter(tmp_path, None, {"PATH": str(tmp_path / "bin")}, probe)

    assert interpreter.path == new
    assert f"is Python {'.'.join(map(str, version))}, older than 3.6" in passed[0]


def test_the_interpreter_behind_a_shim_on_path_is_taken(tmp_path: Path) -> None:
    shim = touch(tmp_path / "shims" / "python3")
    probe = FakeProbe({shim: found(executable="/versions/3.11.7/bin/python3")})

    interpreter, _ = choose_interpreter(tmp_path, None, {"PATH": str(tmp_path / "shims")}, probe)

    assert interpreter.path == "/versions/3.11.7/bin/python3"


def test_an_environments_own_executable_is_kept(tmp_path: Path) -> None:
    own = touch(tmp_path / ".venv" / "bin" / "python3")
    probe = FakeProbe({own: found(virtual_env=True, executable="/usr/bin/python3")})

    assert choose_interpreter(tmp_path, None, {}, probe)[0].path == own


def test_none_is_one_error_that_lists_what_was_tried(tmp_path: Path) -> None:
    old = touch(tmp_path / ".venv" / "bin" / "python3")
    shim = touch(tmp_path / "bin" / "python3")
    probe = FakeProbe({old: found((3, 5, 2))})

    with pytest.raises(InterpreterError) as raised:
        choose_interpreter(tmp_path, None, {"PATH": str(tmp_path / "bin")}, probe)

    assert raised.value.message.splitlines() == [
        "No Python interpreter of version 3.6 or later was found for the app. Tried:",
        f"  {old} (.venv in the project): it is Python 3.5.2, older than 3.6.",
        f"  {shim} (python3 on PATH): it exited with code 127: command not found.",
    ]
    assert SETTING in (raised.value.hint or "")


def test_nothing_at_all_says_so(tmp_path: Path) -> None:
    with pytest.raises(InterpreterError, match="no python3 and no python on PATH"):
        choose_interpreter(tmp_path, None, {}, FakeProbe({}))


def test_the_setting_wins_and_nothing_else_is_tried(tmp_path: Path) -> None:
    touch(tmp_path / ".venv" / "bin" / "python3")
    probe = FakeProbe({"/opt/python": found()})

    interpreter, passed = choose_interpreter(tmp_path, "/opt/python", {}, probe)

    assert (interpreter.path, passed, probe.asked) == ("/opt/python", (), ["/opt/python"])
    assert SETTING in interpreter.reason


def test_the_setting_may_be_a_name_on_path_or_relative_to_the_app(tmp_path: Path) -> None:
    named = touch(tmp_path / "bin" / "python3.8")
    Path(named).chmod(0o755)
    probe = FakeProbe({named: found((3, 8, 18)), str(tmp_path / "tools/python"): found()})
    environ = {"PATH": str(tmp_path / "bin")}

    assert choose_interpreter(tmp_path, "python3.8", environ, probe)[0].path == named
    assert choose_interpreter(tmp_path, "tools/python", environ, probe)[0].path == str(tmp_path / "tools/python")


def test_a_setting_that_fails_is_an_error_that_names_it(tmp_path: Path) -> None:
    touch(tmp_path / ".venv" / "bin" / "python3")

    with pytest.raises(InterpreterError) as raised:
        choose_interpreter(tmp_path, "/gone/python", {}, FakeProbe({}), setting="languageWorkers:python:Mine")

    assert "languageWorkers:python:Mine" in raised.value.message
    assert "/gone/python: it exited with code 127" in raised.value.message
