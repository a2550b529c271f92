"""`func server start`: its start, its end, what it says and leaves, what a restart finds."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from funchost.deploy.client.servers_file import load
from funchost.testing import ServerProcess, ServerStartError, eventually
from funchost.testing.process_tree import is_alive
from tests.acceptance.small_app import FUNC, TIMEOUT
from tests.integration.platform.api.conftest import create_app
from tests.integration.platform.api.packages import hello_package


def deployed(server: ServerProcess, name: str = "shop") -> None:
    create_app(server, name)
    answer = server.manage("POST", "/api/zipdeploy", hello_package(), host=f"{name}.scm.localhost")
    assert answer.status == 200, answer.text


def hello(server: ServerProcess, name: str = "shop") -> str:
    return server.request("GET", "/api/hello?name=Ada", host=f"{name}.localhost").text


def executing(server: ServerProcess, name: str) -> int:
    """How many calls the instances of an app work on, as they report it about once a second."""
    listed = json.loads(server.manage("GET", f"{create_app(server, name)}/instances").body)["value"]
    return sum(one["properties"]["executing"] for one in listed)


def test_the_token_is_printed_once_and_noted_for_this_user_alone(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        token = server.wait_for_line(r"Admin token.*: (fht_\S+)")
        assert token == server.token
        assert load(server.config).default == server.url
        assert stat.S_IMODE((server.config / "servers.json").stat().st_mode) == 0o600
        assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
        assert token.encode() not in (server.data / "registry.sqlite").read_bytes()
    with ServerProcess(tmp_path) as again:
        assert again.token == token  # noted with its new address
        assert "fht_" not in again.output
        assert again.manage("GET", "/subscriptions").status == 200


def test_an_app_is_there_again_after_a_restart_and_after_a_kill(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    with server:
        deployed(server)
        assert hello(server) == "Hello Ada"
    with server:
        assert hello(server) == "Hello Ada"
        below = server.process_ids
        assert below
        server.kill_alone()
        eventually(lambda: not any(is_alive(pid) for pid in below), TIMEOUT)
        server.start()
        assert hello(server) == "Hello Ada"
        own_port = json.loads(server.manage("GET", f"{create_app(server, 'shop')}").body)["properties"]["funchost"]
        assert len(own_port["urls"]) == 2


def test_an_app_has_a_port_of_its_own(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        deployed(server)
        site = json.loads(server.manage("GET", create_app(server, "shop")).body)["properties"]["funchost"]
        with socket.create_connection(("127.0.0.1", site["port"]), timeout=20) as client:
            client.sendall(b"GET /api/hello?name=Ada HTTP/1.1\r\nHost: whatever\r\nConnection: close\r\n\r\n")
            assert b"Hello Ada" in client.makefile("rb").read()


def test_a_signal_lets_requests_come_to_their_end_and_a_second_does_not_wait(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        deployed(server)
        assert hello(server) == "Hello Ada"
        stream = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        head = (
            f"GET /api/logstream HTTP/1.1\r\nHost: shop.scm.localhost\r\nAuthorization: Bearer {server.token}\r\n\r\n"
        )
        stream.sendall(head.encode())
        assert b"200" in stream.recv(100)
        below = server.process_ids
        with ThreadPoolExecutor(1) as background:
            path = f"/api/hello?name=Slow&until={tmp_path / 'go-on'}"
            slow = background.submit(server.request, "GET", path, host="shop.localhost")
            eventually(lambda: executing(server, "shop") == 1, TIMEOUT)
            os.kill(server.pid, signal.SIGTERM)
            server.wait_for_line("Once more kills")
            (tmp_path / "go-on").touch()
            eventually(lambda: server.exit_code is not None, TIMEOUT)
            assert server.exit_code == 0
            assert slow.result().text == "Hello Slow"
            eventually(lambda: not any(is_alive(pid) for pid in below), TIMEOUT)
        assert b"ended" in stream.makefile("rb").read()
        stream.close()
    with ServerProcess(tmp_path) as server:
        # An upload that does not come to its end holds up the first signal.
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as upload:
            head = (
                "POST /api/zipdeploy HTTP/1.1\r\nHost: shop.scm.localhost\r\nContent-Length: 100000\r\n"
                f"Authorization: Bearer {server.token}\r\n\r\nhalf"
            )
            upload.sendall(head.encode())
            eventually(lambda: list((server.data / "scratch").glob("*.upload")), TIMEOUT)
            assert hello(server) == "Hello Ada"
            below = server.process_ids
            os.kill(server.pid, signal.SIGTERM)
            server.wait_for_line("Once more kills")
            os.kill(server.pid, signal.SIGINT)
            eventually(lambda: server.exit_code is not None, TIMEOUT)
            assert server.exit_code == 130
            eventually(lambda: not any(is_alive(pid) for pid in below), TIMEOUT)
    with ServerProcess(tmp_path) as server:
        assert list((server.data / "scratch").iterdir()) == []
        assert hello(server) == "Hello Ada"


def test_tokens_are_made_and_revoked_and_a_lost_one_is_replaced(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        lost = server.token

        def token(*arguments: str) -> str:
            command = [str(FUNC), "server", "token", *arguments]
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=TIMEOUT, env=server.command_environment()
            )
            assert done.returncode == 0, done.stderr
            return done.stdout.strip()

        made = token("create", "ci")
        assert made.startswith("fht_")
        assert [one["name"] for one in json.loads(token("list"))] == ["admin", "ci"]

        def status() -> int:
            return server.request("GET", "/subscriptions", headers={"Authorization": f"Bearer {made}"}).status

        assert status() == 200
        token("delete", "ci")
        assert status() == 401
    with ServerProcess(tmp_path, "--new-admin-token") as server:
        assert server.wait_for_line(r"Admin token.*: (fht_\S+)") == server.token
        assert server.token != lost
        wrong = server.request("GET", "/subscriptions", headers={"Authorization": f"Bearer {lost}"})
        assert (wrong.status, server.manage("GET", "/subscriptions").status) == (401, 200)


def start(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Start a server that is not expected to serve."""
    env = {**os.environ, "FUNCHOST_CONFIG_DIR": str(folder / "config")}
    command = [str(FUNC), "server", "start", "--data", str(folder / "data"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, env=env)


def test_a_data_directory_belongs_to_one_server(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        second = start(tmp_path, "--port", "0", "--storage-ports", "0")
        assert second.returncode == 1
        assert f"another server uses this data directory, process {server.pid}" in second.stderr
        assert "--data" in second.stderr
        assert second.stdout == ""
        assert server.manage("GET", "/subscriptions").status == 200


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        main = start(tmp_path, "--port", port, "--storage-ports", "0")
        assert (main.returncode, port in main.stderr, "--port" in main.stderr) == (1, True, True)
        storage = start(tmp_path, "--port", "0", "--storage-ports", f"{port},0,0")
        assert (storage.returncode, port in storage.stderr, "--storage-ports" in storage.stderr) == (1, True, True)
    assert "fht_" not in main.stdout + storage.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--app-ports", "30000-20000"),
        ("--app-ports", "0-5"),
        ("--app-ports", "x"),
        ("--storage-ports", "1,2"),
        ("--storage-ports", "70000,1,2"),
        ("--domain", "https://example.org"),
        ("--cert", "x.pem"),
        ("--https", "--key", "x.pem"),
        ("--port", "x"),
        ("--trusted-proxy", "proxy.example.org"),
        ("--no-such-option",),
    ],
)
def test_a_wrong_command_line_is_told_before_anything_is_made(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = start(tmp_path, *arguments)
    assert done.returncode == 2, done.stderr
    assert not (tmp_path / "data").exists()


def test_help_shows_what_the_server_takes(tmp_path: Path) -> None:
    done = subprocess.run([FUNC, "server", "start", "--help"], capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0
    assert "--allow-python-downloads" in done.stdout
    assert "func server start --address 0.0.0.0 --https" in done.stdout


def test_other_machines_without_https_are_worth_a_warning(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "open", "--address", "0.0.0.0") as server:
        server.wait_for_line("without HTTPS")
        assert server.url.startswith("http://127.0.0.1:")
    with ServerProcess(tmp_path / "tls", "--address", "0.0.0.0", "--https") as server:
        assert "without HTTPS" not in server.output


def test_the_self_signed_certificate_stays_and_names_the_domain(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, "--https", "--domain", "apps.example.org") as server:
        first = load(server.config).servers[server.url].certificate
        deployed(server)
        assert server.request("GET", "/api/hello?name=Ada", host="shop.apps.example.org").text == "Hello Ada"
        site = json.loads(
            server.request(
                "GET",
                create_app(server, "shop"),
                host="apps.example.org",
                headers={"Authorization": f"Bearer {server.token}"},
            ).body
        )
        assert site["properties"]["defaultHostName"] == f"shop.apps.example.org:{server.port}"
        assert stat.S_IMODE((server.data / "certificate.pem").stat().st_mode) == 0o600
    with ServerProcess(tmp_path, "--https", "--domain", "apps.example.org") as server:
        assert load(server.config).servers[server.url].certificate == first


@pytest.mark.parametrize(("proxy", "scheme"), [("127.0.0.1", "https"), ("10.0.0.0/8", "http")])
def test_a_trusted_proxy_says_how_its_clients_reach_the_server(tmp_path: Path, proxy: str, scheme: str) -> None:
    with ServerProcess(tmp_path, "--domain", "apps.example.org", "--trusted-proxy", proxy) as server:
        path = create_app(server, "shop")
        assert server.manage("PUT", f"{path}/slots/staging", "{}").status == 200
        headers = {
            "Host": "apps.example.org",
            "X-Forwarded-Proto": "https",
            "Authorization": f"Bearer {server.token}",
            "Content-Type": "application/json",
        }
        site = json.loads(server.request("GET", path, headers=headers).body)["properties"]
        assert site["defaultHostName"] == "shop.apps.example.org"
        assert site["funchost"]["urls"][0] == f"{scheme}://shop.apps.example.org"
        swap = server.request("POST", f"{path}/slotsswap", headers=headers, body='{"targetSlot": "staging"}')
        assert swap.headers["Location"].startswith(f"{scheme}://apps.example.org/subscriptions/")


def test_a_damaged_data_directory_is_named(tmp_path: Path) -> None:
    with ServerProcess(tmp_path):
        pass
    (tmp_path / "data" / "secret.key").unlink()
    with pytest.raises(ServerStartError, match=r"secret\.key"):
        ServerProcess(tmp_path).start()
