"""What every tier shares: the report header that names the worker's interpreters, and the fixture that runs on them."""

from __future__ import annotations

import gc
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.interpreters import WorkerCase, describe, environment_for, matrix
from tests.long_runs import pytest_addoption, pytest_collection_modifyitems, pytest_terminal_summary

__all__ = ["pytest_addoption", "pytest_collection_modifyitems", "pytest_terminal_summary"]


def pytest_configure(config: pytest.Config) -> None:
    """Undoes what `nohup` or a shell's `&` did: processes inherit ignored signals, and the tests send these."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keeps the garbage collector from walking through thousands of tests again and again; a sixth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Names the interpreters found, those missing and those passed over; a missing one fails nothing."""
    return describe()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs each test that takes `worker_python` once for each row of the matrix."""
    if "worker_python" in metafunc.fixturenames:
        cases = matrix()
        metafunc.parametrize("worker_python", cases, indirect=True, ids=[case.name for case in cases], scope="session")


@pytest.fixture(scope="session")
def worker_python(request: pytest.FixtureRequest) -> Path:
    """The Python of an environment that holds one release of azure-functions, for each row of the matrix in turn."""
    case: WorkerCase = request.param
    return environment_for(case.interpreter.name, case.azure_functions)
