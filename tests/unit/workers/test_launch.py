from __future__ import annotations

from pathlib import Path

from funchost.workers.interpreter import Interpreter
from funchost.workers.launch import WORKER_SCRIPT, WorkerLaunch

PYTHON = Interpreter("/usr/bin/python3", (3, 9, 2), "python3 on PATH", False)


def launch(**environment: str) -> WorkerLaunch:
    return WorkerLaunch(PYTHON, ("-m", "debugpy"), Path("/app"), environment, None, "INFO", 60.0)


def test_extra_arguments_stand_in_front_of_the_script() -> None:
    assert launch().command(7, 9) == [
        "/usr/bin/python3",
        "-m",
        "debugpy",
        str(WORKER_SCRIPT),
        "--wire",
        "7",
        "--lifeline",
        "9",
    ]


def test_the_worker_script_is_there() -> None:
    assert WORKER_SCRIPT.parent.name == "funchost_worker"
    assert WORKER_SCRIPT.is_absolute()


def test_apps_find_the_variables_that_azure_sets_unless_they_are_set() -> None:
    environment = launch(A="1", FUNCTIONS_WORKER_RUNTIME_VERSION="3.8").process_environment()

    assert environment == {
        "A": "1",
        "FUNCTIONS_APPLICATION_DIRECTORY": "/app",
        "FUNCTIONS_WORKER_DIRECTORY": str(WORKER_SCRIPT.parent),
        "FUNCTIONS_WORKER_RUNTIME_VERSION": "3.8",
    }
    assert launch().process_environment()["FUNCTIONS_WORKER_RUNTIME_VERSION"] == "3.9"
