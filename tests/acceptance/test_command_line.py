"""The installed `func` command, run as a process."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

import funchost
from funchost.testing import HostProcess, eventually
from tests.acceptance.small_app import FUNC, TIMEOUT, func, hello_app, write_settings


@pytest.mark.parametrize("word", ["--version", "-v", "version", "-version", "--VERSION", "v"])
def test_version_is_one_line(tmp_path: Path, word: str) -> None:
    result = func(word, cwd=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{funchost.__version__}\n", "")


@pytest.mark.parametrize("words", [(), ("--help",), ("help",), ("start", "--help"), ("host", "start", "-h")])
def test_help_goes_to_stdout_and_never_fails(tmp_path: Path, words: tuple[str, ...]) -> None:
    result = func(*words, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("Usage: func")


def test_both_names_of_the_tool_are_installed(tmp_path: Path) -> None:
    answer = subprocess.run(
        [FUNC.with_name("funchost"), "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=True,
    )
    assert answer.stdout == f"{funchost.__version__}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("begin",), "error: 'begin' is not a command of func."),
        (("start", "--prot", "1"), "error: There is no option --prot."),
        (("start", "--address", "localhost"), "error: Invalid --address value 'localhost': it must be an IP address."),
        (("start", "extra"), "error: Got unexpected extra argument (extra)"),
    ],
)
def test_wrong_command_lines_exit_with_2(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    result = func(*words, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.splitlines()[0] == message
    assert result.stderr.splitlines()[1].startswith("hint: ")


def test_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = func("start", "--port", str(port), cwd=app)
    assert result.returncode == 1
    assert (
        f"Port {port} is unavailable. Close the process using that port, or specify another port using --port [-p]."
        in result.stderr
    )
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" not in result.stdout


def test_app_of_another_language_is_refused(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app")
    write_settings(app, {"FUNCTIONS_WORKER_RUNTIME": "node"})
    result = func("start", "--port", "0", cwd=app)
    assert result.returncode == 1
    assert "error: FUNCTIONS_WORKER_RUNTIME: 'node' is not a language that this host runs" in result.stderr


def test_broken_local_settings_are_named_until_they_are_mended(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app")
    settings = app / "local.settings.json"
    settings.write_text('{\n  "Values": {\n    "A" "b"\n  }\n}')
    with HostProcess(app, state="Error") as host:
        host.wait_for_line(re.escape(f"{settings}:3"))
        assert host.get("/api/hello").status == 503
        write_settings(app, {"A": "b"})
        eventually(lambda: '"state":"Running"' in host.get("/admin/host/status").text, TIMEOUT)


def test_traceback_only_on_request(tmp_path: Path) -> None:
    assert "Traceback" not in func("start", "--script-root", "nowhere", cwd=tmp_path).stderr
    assert "Traceback" in func("start", "--script-root", "nowhere", "--debug", cwd=tmp_path).stderr
    environ = {**os.environ, "CLI_DEBUG": "1"}
    assert "Traceback" in func("start", "--script-root", "nowhere", cwd=tmp_path, env=environ).stderr


@pytest.mark.parametrize("words", [["--help"], ["start", "--help"]])
def test_reader_that_went_away_is_no_error(tmp_path: Path, words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        result = subprocess.run(
            [FUNC, *words],
            cwd=tmp_path,
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    assert (result.returncode, result.stderr) == (0, "")


def test_errors_are_red_where_colour_is_forced_and_plain_elsewhere(tmp_path: Path) -> None:
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    assert func("begin", cwd=tmp_path, env=plain).stderr.startswith("error: ")
    assert func("begin", cwd=tmp_path, env={**plain, "FORCE_COLOR": "1"}).stderr.startswith("\x1b[31merror: ")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("new", 2, "Without a terminal"),
        ("settings add NAME", 2, "stdin is empty"),
        ("functionapp delete -n shop", 2, "no terminal to ask"),
        ("templates list", 0, ""),
    ],
)
def test_a_closed_stdin_is_an_empty_one(tmp_path: Path, words: str, code: int, message: str) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    line = f"exec {FUNC} {words} <&-"
    done = subprocess.run(
        ["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert message in done.stderr


def test_closed_outputs_are_no_failure(tmp_path: Path) -> None:
    line = f"exec {FUNC} templates list >&- 2>&-"
    assert subprocess.run(["sh", "-c", line], cwd=tmp_path, timeout=TIMEOUT, check=False).returncode == 0
