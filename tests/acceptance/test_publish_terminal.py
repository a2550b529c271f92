"""Publishing and deleting at a terminal: what is asked and drawn. The server is a fake one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.deployed_app import write_project
from tests.acceptance.small_app import write_settings
from tests.acceptance.terminal_process import INTERRUPT, TerminalProcess
from tests.integration.deploy.client.fake_server import TOKEN, FakeServer, http_function, serving

PUBLISH = ("azure", "functionapp", "publish", "shop")


@pytest.fixture
def server() -> Iterator[FakeServer]:
    settings = {"AzureWebJobsStorage": "x", "LEVEL": "remote"}
    with serving(FakeServer(settings=settings)) as made:
        made.functions.append(http_function("Hello", made.host))
        yield made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = write_project(tmp_path / "project", "'x'")
    write_settings(root, {"LEVEL": "local"})
    return root


def environment(server: FakeServer, tmp_path: Path) -> dict[str, str]:
    return {
        "FUNCHOST_MANAGEMENT_URL": server.url,
        "AZURE_MANAGEMENT_ACCESS_TOKEN": TOKEN,
        "FUNCHOST_CONFIG_DIR": str(tmp_path / "config"),
        "TERM": "xterm",
    }


def test_the_upload_has_a_bar_and_the_functions_stand_at_the_end(
    server: FakeServer, project: Path, tmp_path: Path
) -> None:
    with TerminalProcess(*PUBLISH, cwd=project, env=environment(server, tmp_path)) as terminal:
        terminal.wait_for("Uploading")
        terminal.wait_for("#" * 40)
        terminal.wait_for("Loading the app")
        terminal.wait_for("Functions in shop:")
        terminal.wait_for("Hello - [httpTrigger]")
        assert terminal.exit_code() == 0


@pytest.mark.parametrize(("answer", "value"), [("yes", "local"), ("no", "remote")])
def test_values_that_differ_are_asked_about(
    server: FakeServer, project: Path, tmp_path: Path, answer: str, value: str
) -> None:
    with TerminalProcess(*PUBLISH, "-o", cwd=project, env=environment(server, tmp_path)) as terminal:
        terminal.wait_for("App setting LEVEL is different")
        terminal.wait_for("[yes/no/show]")
        assert "remote" not in terminal.seen
        terminal.type("show\n")
        terminal.wait_for("app: remote")
        terminal.wait_for("local: local")
        terminal.type("perhaps\n")
        terminal.wait_for("[yes/no/show]")
        terminal.wait_for("[yes/no/show]")
        terminal.type(f"{answer}\n")
        assert terminal.exit_code() == 0
    assert server.settings["LEVEL"] == value


def test_ctrl_c_at_the_question_changes_nothing(server: FakeServer, project: Path, tmp_path: Path) -> None:
    with TerminalProcess(*PUBLISH, "-i", cwd=project, env=environment(server, tmp_path)) as terminal:
        terminal.wait_for("[yes/no/show]")
        terminal.type(INTERRUPT)
        assert terminal.exit_code() == 130
    assert server.changes() == []


def test_deleting_asks_first(server: FakeServer, tmp_path: Path) -> None:
    delete = ("functionapp", "delete", "-n", "shop")
    with TerminalProcess(*delete, cwd=tmp_path, env=environment(server, tmp_path)) as terminal:
        terminal.wait_for("Delete the function app shop for good?")
        terminal.type("n\n")
        assert terminal.exit_code() == 130
    assert server.calls == []
    with TerminalProcess(*delete, cwd=tmp_path, env=environment(server, tmp_path)) as terminal:
        terminal.wait_for("for good?")
        terminal.type("y\n")
        terminal.wait_for("Deleted shop.")
        assert terminal.exit_code() == 0
    assert server.calls[-1] == "DELETE {site}"


def test_lists_are_tables(server: FakeServer, tmp_path: Path) -> None:
    with TerminalProcess("functionapp", "list", cwd=tmp_path, env=environment(server, tmp_path)) as terminal:
        terminal.wait_for("Name  State")
        terminal.wait_for("shop  Running")
        assert terminal.exit_code() == 0
