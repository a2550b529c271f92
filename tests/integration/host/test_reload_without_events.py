"""Names that are no text, which the library of file events cannot take: changes are noticed all the same."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from funchost.testing import HostProcess
from tests.integration.host.reloading import answers, changing_app, replace, says, script

POLLING = r"File events are not available \(.+\); polling for changes\."
NO_TEXT = os.fsdecode(b"no\xfftext")

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="the file system refuses such names")


def change_twice(host: HostProcess, app: Path) -> None:
    for text in ("two", "three"):
        replace(script(app), says(text))
        answers(host, text)


def test_in_a_project_folder(tmp_path: Path) -> None:
    app = changing_app(tmp_path / NO_TEXT / "app")
    with HostProcess(app) as host:
        change_twice(host, app)
        host.wait_for_line(POLLING)


def test_of_a_folder_in_the_project(tmp_path: Path) -> None:
    app = changing_app(tmp_path / "app")
    (app / NO_TEXT).mkdir()
    with HostProcess(app) as host:
        change_twice(host, app)
        host.wait_for_line(POLLING)


def test_of_a_file_that_the_app_writes(tmp_path: Path) -> None:
    app = changing_app(tmp_path / "app")
    with HostProcess(app) as host:
        change_twice(host, app)  # the events are there
        (app / NO_TEXT).write_text("an upload")
        host.wait_for_line(POLLING)
        replace(script(app), says("four"))
        answers(host, "four")
