"""A cancelled pipeline: publishing and packing that a signal ends leave nothing behind. The server is a fake one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from funchost.testing import eventually
from tests.acceptance.deployed_app import write_project
from tests.acceptance.small_app import FUNC
from tests.integration.deploy.client.fake_server import PASSWORD, TOKEN, FakeServer, serving

PUBLISH = ("azure", "functionapp", "publish")
LARGE = 20_000_000
"""Bytes; more than fits between a sender and a server that does not read."""
SECONDS = 60.0

signals = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project", "'x'")


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """The command's temporary folder."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@contextmanager
def running(*arguments: str, cwd: Path, env: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([FUNC, *arguments], cwd=cwd, env=env, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def environment(server: FakeServer, scratch: Path) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "TMPDIR": str(scratch),
        "FUNCHOST_MANAGEMENT_URL": server.url,
        "AZURE_MANAGEMENT_ACCESS_TOKEN": TOKEN,
        "FUNCHOST_CONFIG_DIR": str(scratch.parent / "config"),
    }


def uploads(server: FakeServer) -> list[str]:
    return [call for call in server.calls if "/api/zipdeploy" in call]


@signals
@pytest.mark.parametrize("way", ["token", "profile"])
def test_an_upload_that_is_ended_puts_the_settings_back(
    project: Path, scratch: Path, tmp_path: Path, number: signal.Signals, way: str
) -> None:
    (project / "ballast").write_bytes(os.urandom(LARGE))
    (project / "requirements.txt").write_text("six\n")
    before = {"AzureWebJobsStorage": "x", "WEBSITE_RUN_FROM_PACKAGE": "1"}
    with serving(FakeServer(settings=dict(before), hold_upload=True)) as server:
        profile = tmp_path / "shop.PublishSettings"
        profile.write_text(
            f'<publishData><publishProfile publishMethod="ZipDeploy" publishUrl="{server.scm_host}" userName="$shop"'
            f' userPWD="{PASSWORD}" destinationAppUrl="http://{server.host}"/></publishData>'
        )
        words = ["shop"] if way == "token" else ["--publish-profile", str(profile)]
        with running(*PUBLISH, *words, cwd=project, env=environment(server, scratch)) as process:
            eventually(lambda: process.poll() is not None or uploads(server), timeout=SECONDS)
            assert "WEBSITE_RUN_FROM_PACKAGE" not in server.settings
            process.send_signal(number)
            said = process.communicate(timeout=SECONDS)[1]
        assert process.returncode == 128 + number, said
        assert "Traceback" not in said
        assert server.settings == before
    assert list(scratch.iterdir()) == []


@signals
@pytest.mark.parametrize("command", ["publish", "pack"])
def test_an_installer_that_waits_for_its_index_ends_too(
    project: Path, scratch: Path, number: signal.Signals, command: str
) -> None:
    (project / "requirements.txt").write_text("six\n")
    words = [*PUBLISH, "shop", "--build", "local"] if command == "publish" else ["pack", "-o", str(scratch)]
    with serving(FakeServer()) as server, socket.create_server(("127.0.0.1", 0)) as index:
        index.settimeout(SECONDS)
        env = environment(server, scratch) | {
            "UV_DEFAULT_INDEX": f"http://127.0.0.1:{index.getsockname()[1]}/simple",
            "UV_CACHE_DIR": str(scratch.parent / "cache"),
        }
        with running(*words, cwd=project, env=env) as process:
            installer, _ = index.accept()
            with installer:
                process.send_signal(number)
                said = process.communicate(timeout=SECONDS)[1]
                installer.settimeout(SECONDS)
                while installer.recv(65_536):  # until the installer is gone
                    pass
        assert process.returncode == 128 + number, said
        assert "Traceback" not in said
        assert server.changes() == []
    assert list(scratch.iterdir()) == []
    assert list((project / ".funchost").iterdir()) == []
    assert not (project / ".python_packages").exists()


def test_a_reader_that_goes_away_does_not_stop_a_publication(project: Path, scratch: Path) -> None:
    with serving(FakeServer()) as server:
        with running(*PUBLISH, "shop", "--no-build", cwd=project, env=environment(server, scratch)) as process:
            assert process.stderr is not None
            process.stderr.close()
            process.wait(SECONDS)
        assert len(server.packages) == 1
