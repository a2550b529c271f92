"""What `func start` shows: the Functions list, log lines, colours."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from funchost.testing import HostProcess
from tests.acceptance.small_app import STAMP, hello_app, write_function

LOGGING_APP = """
import logging
logging.warning("at import time")

def main(req):
    logging.debug("in detail")
    logging.info("Python HTTP trigger function processed a request.")
    print("printed")
    return "done"
"""


def test_functions_list_has_methods_urls_and_types(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app", "Hello")
    write_function(app, "OnlyPost", "def main(req): return ''", methods=["post"], route="items/{id:int}")
    write_function(app, "Cleanup", "def main(msg): pass", type="queueTrigger", queueName="old-items", name="msg")
    with HostProcess(app, env={"AzureWebJobsStorage": "UseDevelopmentStorage=true"}) as host:
        host.wait_for_line("For detailed output, run func with --verbose flag.")
        port = host.url.rsplit(":", 1)[1]
        assert (
            "\n".join(
                [
                    "Functions:",
                    "",
                    f"\tHello:  http://localhost:{port}/api/Hello",
                    "",
                    f"\tOnlyPost: [POST] http://localhost:{port}/api/items/{{id:int}}",
                    "",
                    "\tCleanup: queueTrigger",
                    "",
                    "For detailed output, run func with --verbose flag.",
                ]
            )
            in host.output
        )


def test_log_lines_stand_alone_after_the_stamp(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app", "Hello")
    write_function(app, "Log", LOGGING_APP)
    with HostProcess(app) as host:
        host.wait_for_line(f"^{STAMP}Worker process started and initialized\\.$")
        host.wait_for_line(f"^{STAMP}at import time$")
        assert host.get("/api/Log").text == "done"
        host.wait_for_line(f"^{STAMP}Executing 'Functions\\.Log' \\(Reason='.+', Id=[0-9a-f-]{{36}}\\)$")
        host.wait_for_line(f"^{STAMP}Python HTTP trigger function processed a request\\.$")
        host.wait_for_line(f"^{STAMP}printed$")
        host.wait_for_line(f"^{STAMP}Executed 'Functions\\.Log' \\(Succeeded, Id=[0-9a-f-]{{36}}, Duration=\\d+ms\\)$")
        assert "in detail" not in host.output
        assert "\x1b" not in host.output


def test_each_line_of_an_exception_has_the_stamp(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app")
    write_function(app, "Fail", "def main(req):\n    raise ValueError('broken\\nin two lines')\n")
    with HostProcess(app) as host:
        host.wait_for_line("^For detailed output")
        assert host.get("/api/Fail").status == 500
        host.wait_for_line(f"^{STAMP}in two lines$")
        host.wait_for_line("Executed 'Functions.Fail' \\(Failed")
        first = next(at for at, line in enumerate(host.lines) if "Executing 'Functions.Fail'" in line)
        assert all(re.match(STAMP, line) for line in host.lines[first:])


def test_user_log_level_debug_shows_debug_lines(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app")
    write_function(app, "Log", LOGGING_APP)
    with HostProcess(app, "--user-log-level", "Debug") as host:
        host.get("/api/Log")
        host.wait_for_line(f"^{STAMP}in detail$")


def test_user_log_level_warning_hides_the_rest(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app")
    write_function(app, "Log", LOGGING_APP)
    with HostProcess(app, "--user-log-level", "Warning") as host:
        host.wait_for_line("at import time")
        host.get("/api/Log")
    assert "processed a request" not in host.output
    assert "Executing" not in host.output
    assert "Worker process started and initialized." in host.output


def test_verbose_names_function_and_invocation(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app")
    write_function(app, "Log", LOGGING_APP)
    with HostProcess(app, "--verbose") as host:
        host.get("/api/Log")
        host.wait_for_line(f"^{STAMP}\\[Log [0-9a-f-]{{36}}\\] Python HTTP trigger function processed a request\\.$")
        assert "For detailed output" not in host.output


@pytest.mark.parametrize("to_file", [False, True])
def test_json_lines_are_passed_on_bare(tmp_path: Path, to_file: bool) -> None:
    app = hello_app(tmp_path / "app")
    write_function(app, "Tell", "def main(req):\n    print('azfuncjsonlog:{\"n\": 1}')\n    return ''\n")
    file = tmp_path / "log.json"
    arguments = ["--json-output-file", str(file)] if to_file else ["--enable-json-output"]
    with HostProcess(app, *arguments) as host:
        host.get("/api/Tell")
        host.wait_for_line("Executed 'Functions.Tell'")
        if not to_file:
            host.wait_for_line('^{"n": 1}$')
    if to_file:
        assert file.read_text() == '{"n": 1}\n'
        assert '"n": 1' not in host.output


def test_option_without_effect_is_one_line(tmp_path: Path) -> None:
    with HostProcess(hello_app(tmp_path / "app"), "--no-build", "--offline", "true") as host:
        host.wait_for_line("--no-build has no effect: ")
        host.wait_for_line("--offline has no effect: ")
        assert sum("has no effect" in line for line in host.lines) == 2


def on_terminal(app: Path, environ: dict[str, str], until: str) -> str:
    """Run `func start` on a terminal until `until` is shown; return what was shown."""
    leader, terminal = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "funchost", "start", "--port", "0"],
        cwd=app,
        env=environ,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    shown = b""
    deadline = time.monotonic() + 60
    try:
        while until.encode() not in shown:
            ready, _, _ = select.select([leader], [], [], max(deadline - time.monotonic(), 0))
            assert ready, f"{until!r} was not shown; shown was {shown.decode()!r}"
            shown += os.read(leader, 65536)
    finally:
        process.terminate()
        while process.poll() is None:
            # A terminal that nobody reads would hold up the host's last lines.
            if select.select([leader], [], [], 0.05)[0]:
                try:
                    shown += os.read(leader, 65536)
                except OSError:
                    break
        process.wait(60)
        os.close(leader)
    return shown.decode()


def test_colours_on_a_terminal_unless_switched_off(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "app")
    environ = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    environ |= {"TERM": "xterm", "VIRTUAL_ENV": sys.prefix}
    hint = "For detailed output, run func with --verbose flag."
    coloured = on_terminal(app, environ, hint)
    assert "\x1b[33mHello:\x1b[0m" in coloured
    assert "\x1b[90m[" in coloured
    assert "\x1b[" not in on_terminal(app, {**environ, "NO_COLOR": "1"}, hint)
