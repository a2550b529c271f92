from __future__ import annotations

from pathlib import Path

from funchost.deploy.client.azure_login import run_command


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_output_of_a_tool_is_its_answer(tmp_path: Path) -> None:
    assert run_command([script(tmp_path / "az", 'echo "$2"; echo noise >&2'), "a", "b c"]) == "b c\n"


def test_tools_that_fail_or_are_missing_answer_nothing(tmp_path: Path) -> None:
    assert run_command([script(tmp_path / "az", "echo token; exit 1")]) is None
    assert run_command([str(tmp_path / "missing")]) is None


def test_tools_are_asked_nothing(tmp_path: Path) -> None:
    assert run_command([script(tmp_path / "az", "read answer; echo got $answer")]) == "got\n"
