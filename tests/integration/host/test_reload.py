"""Files of the app change while it serves."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.testing import HostProcess, eventually
from tests.acceptance.small_app import write_function
from tests.integration.faults.bystander import Bystander
from tests.integration.host.reloading import Held, answers, changing_app, replace, says, script, status_errors

CHANGED = r"The app has changed\. Loading it again"
LISTED = r"^\tVersion: "


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return changing_app(tmp_path / "app")


@pytest.fixture
def host(app: Path) -> Iterator[HostProcess]:
    with HostProcess(app, "--verbose") as running:
        running.wait_for_line("For detailed|" + LISTED, 30)
        yield running
        assert running.stop() == 0


def test_a_changed_script_is_loaded_and_the_functions_are_listed_again(host: HostProcess, app: Path) -> None:
    with Bystander(host):
        assert host.get("/api/Version").text == "one"
        before, workers = len(host.lines), set(host.worker_pids)
        script(app).write_text(says("two"))
        answers(host, "two")
        host.wait_for_line(re.escape(f"File change of type 'Changed' detected for '{script(app)}'"), start=before)
        host.wait_for_line(LISTED, start=before)
        eventually(lambda: not workers & set(host.worker_pids), 30)
        assert host.status()["state"] == "Running"


def test_an_editor_that_writes_beside_and_renames_is_noticed(host: HostProcess, app: Path) -> None:
    with Bystander(host):
        for text in ("two", "three"):
            replace(script(app), says(text))
            answers(host, text)


def test_a_change_of_the_same_length_within_one_tick_of_the_clock_is_loaded(app: Path) -> None:
    # Python itself would run the bytecode that it kept of the first.
    with HostProcess(app, env={"PYTHONDONTWRITEBYTECODE": None}) as host:
        assert list((app / "Version" / "__pycache__").iterdir())
        times = script(app).stat()
        # Only the time is the same, so what the watcher sees is the exchange of the file.
        temporary = app / "Version" / "temporary"
        temporary.write_text(says("two"))
        os.utime(temporary, ns=(times.st_atime_ns, times.st_mtime_ns))
        temporary.replace(script(app))
        answers(host, "two")


def test_many_quick_saves_end_with_the_last_one(host: HostProcess, app: Path) -> None:
    before = len(host.lines)
    with Bystander(host) as bystander:
        for number in range(40):
            (replace if number % 2 else Path.write_text)(script(app), says(f"save {number}"))
            bystander.goes_on(1)
        answers(host, "save 39")
        bystander.goes_on(20)
    host.wait_for_line(LISTED, start=before)
    loads = sum(bool(re.search(LISTED, line)) for line in host.lines[before:])
    assert 1 <= loads <= 20, f"{loads} loads for 40 saves"


def test_requests_in_flight_end_on_the_version_that_began_them(host: HostProcess, app: Path, tmp_path: Path) -> None:
    held = Held(host, tmp_path, "first")
    with Bystander(host):
        text = script(app, "Hold").read_text()
        replace(script(app, "Hold"), text.replace('"one"', '"two"'))
        replace(script(app), says("two"))
        answers(host, "two")
        second = Held(host, tmp_path, "second")
        replace(script(app), says("three"))
        answers(host, "three")
        assert held.release() == "one"
        assert second.release() == "two"
    eventually(lambda: len(host.worker_pids) == 1, 30)


def test_a_new_function_appears_and_one_that_is_removed_goes(host: HostProcess, app: Path) -> None:
    with Bystander(host):
        assert host.get("/api/New").status == 404
        before = len(host.lines)
        write_function(app, "New", says("new"))
        eventually(lambda: host.get("/api/New").text == "new", 30)
        host.wait_for_line(r"^\tNew: ", start=before)
        assert host.get("/admin/functions/New").status == 200
        shutil.rmtree(app / "New")
        eventually(lambda: host.get("/api/New").status == 404, 30)
        assert host.get("/admin/functions/New/status").status == 404
        assert not status_errors(host)


def test_a_function_that_is_renamed_moves(host: HostProcess, app: Path) -> None:
    with Bystander(host):
        (app / "Version").rename(app / "Renamed")
        eventually(lambda: host.get("/api/Renamed").text == "one", 30)
        assert host.get("/api/Version").status == 404


def test_modules_below_new_folders_count_too(host: HostProcess, app: Path) -> None:
    (app / "shared" / "deep").mkdir(parents=True)
    (app / "shared" / "deep" / "words.py").write_text("WORD = 'deep'\n")
    replace(script(app), "from shared.deep.words import WORD\n\ndef main(req):\n    return WORD\n")
    answers(host, "deep")
    replace(app / "shared" / "deep" / "words.py", "WORD = 'deeper'\n")
    answers(host, "deeper")


def test_host_json_and_function_json_count(host: HostProcess, app: Path) -> None:
    replace(app / "host.json", json.dumps({"version": "2.0", "extensions": {"http": {"routePrefix": "v2"}}}))
    eventually(lambda: host.get("/v2/Version").text == "one", 30)
    assert host.get("/api/Version").status == 404
    declaration = app / "Version" / "function.json"
    document = json.loads(declaration.read_text())
    document["bindings"][0]["route"] = "the/version"
    replace(declaration, json.dumps(document))
    eventually(lambda: host.get("/v2/the/version").text == "one", 30)
    (app / "host.json").unlink()
    eventually(lambda: host.get("/api/the/version").text == "one", 30)


def test_files_that_are_none_of_the_app_s_code_load_nothing(host: HostProcess, app: Path) -> None:
    (app / ".venv" / "lib").mkdir(parents=True)
    (app / "env9").mkdir()
    (app / "env9" / "pyvenv.cfg").write_text("home = /usr\n")
    replace(app / ".funcignore", "ignored/\nnotes.py\n")
    for folder in ("ignored", "node_modules", "__pycache__", ".git", ".funchost/storage", ".vscode"):
        (app / folder).mkdir(parents=True, exist_ok=True)
    (app / "env9" / "lib.py").touch()
    before, workers = len(host.lines), host.worker_pids
    with Bystander(host) as bystander:
        for number in range(5):
            for name in (
                ".venv/lib/module.py",
                "env9/lib.py",
                "ignored/module.py",
                "notes.py",
                "node_modules/tool.py",
                "__pycache__/x.py",
                ".git/index.py",
                ".funchost/storage/data.py",
                ".vscode/host.json",
                "README.md",
                "data.json",
                "Version/data.txt",
            ):
                (app / name).write_text(f"# {number}\n")
            bystander.goes_on(50)
        # What follows is noticed, so what came before was seen as well.
        replace(script(app), says("two"))
        answers(host, "two")
    host.wait_for_line(CHANGED, start=before)
    changes = [line for line in host.lines[before:] if "File change" in line or re.search(CHANGED, line)]
    assert len(changes) == 2, changes
    assert str(script(app)) in changes[0]
    eventually(lambda: not set(workers) & set(host.worker_pids), 30)


def test_a_change_while_the_app_loads_is_not_lost(app: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    slow = (
        "import pathlib, time\npathlib.Path({0!r}).touch()\nwhile not pathlib.Path({1!r}).exists(): time.sleep(0.02)\n"
    )
    with HostProcess(app) as host, Bystander(host):
        begun = tmp_path / "begun"
        replace(script(app), slow.format(str(begun), str(gate)) + says("slow"))
        eventually(begun.exists, 30)
        replace(script(app), says("newer"))
        answers(host, "newer")
        gate.touch()
        assert host.get("/api/Version").text == "newer"
        eventually(lambda: len(host.worker_pids) == 1, 30)


def test_a_restart_by_the_admin_api_loads_again_and_loses_nothing(host: HostProcess, app: Path, tmp_path: Path) -> None:
    workers = set(host.worker_pids)
    held = Held(host, tmp_path, "held")
    with Bystander(host):
        assert host.post("/admin/host/restart").status in (200, 202)
        eventually(lambda: set(host.worker_pids) - workers, 30)
        assert held.release() == "one"
        eventually(lambda: not workers & set(host.worker_pids), 30)


def test_all_workers_change_at_once(app: Path) -> None:
    with HostProcess(app, env={"FUNCTIONS_WORKER_PROCESS_COUNT": "3"}) as host, Bystander(host):
        eventually(lambda: sum("Worker process started" in line for line in host.lines) == 3, 30)
        replace(script(app), says("two"))
        answers(host, "two")
        assert {host.get("/api/Version").text for _ in range(30)} == {"two"}
        eventually(lambda: len(host.worker_pids) == 3, 30)


def test_an_app_folder_that_is_swapped_for_another_is_loaded(host: HostProcess, app: Path, tmp_path: Path) -> None:
    other = changing_app(tmp_path / "other")
    replace(script(other), says("two"))
    with Bystander(host):
        app.rename(tmp_path / "old")
        other.rename(app)
        answers(host, "two")
        replace(script(app), says("three"))
        answers(host, "three")


def test_an_app_folder_that_is_gone_for_a_while_keeps_serving(host: HostProcess, app: Path, tmp_path: Path) -> None:
    with Bystander(host):
        before = len(host.lines)
        app.rename(tmp_path / "away")
        host.wait_for_line("the last good version keeps serving", 30, start=before)
        assert host.get("/api/Version").text == "one"
        replace(script(tmp_path / "away"), says("two"))
        (tmp_path / "away").rename(app)
        answers(host, "two")
        assert not status_errors(host)
        replace(script(app), says("three"))
        answers(host, "three")


def test_a_folder_that_is_removed_and_made_anew_is_still_watched(host: HostProcess, app: Path) -> None:
    shared = app / "shared"
    for number in range(2):
        shutil.rmtree(shared, ignore_errors=True)
        shared.mkdir()
        (shared / "values.py").write_text(f"VALUE = {number}\n")
        script(app).write_text(says(f"made {number}"))
        answers(host, f"made {number}")
    before = len(host.lines)
    (shared / "values.py").write_text("VALUE = 'changed'\n")
    host.wait_for_line(f"File change of type 'Changed' detected for '{re.escape(str(shared))}", 30, start=before)
