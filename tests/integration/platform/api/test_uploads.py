"""Uploads to a real server: cut off, too large, with a password, fetched by the server."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from funchost.testing import Response, ServerProcess, eventually
from tests.integration.platform.api.conftest import create_app, uploads
from tests.integration.platform.api.packages import hello_package, package


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def password_of(server: ServerProcess, path: str) -> str:
    answer = server.manage("POST", f"{path}/config/publishingcredentials/list")
    return str(json.loads(answer.body)["properties"]["publishingPassword"])


def deployments(server: ServerProcess, app: str) -> list[dict[str, Any]]:
    found = server.manage("GET", "/api/deployments", host=f"{app}.scm.localhost").json()
    assert isinstance(found, list)
    return found


def hello(server: ServerProcess, app: str) -> Response:
    return server.request("GET", "/api/hello?name=Ada", host=f"{app}.localhost")


def test_a_package_with_name_and_password(server: ServerProcess) -> None:
    headers = basic("$byname", password_of(server, create_app(server, "byname")))
    create_app(server, "another")
    answer = server.request(
        "POST", "/api/zipdeploy", host="byname.scm.localhost", headers=headers, body=hello_package()
    )
    assert answer.status == 200, answer.text
    assert hello(server, "byname").text == "Hello Ada"
    refused = server.request("POST", "/api/zipdeploy", host="another.scm.localhost", headers=headers, body=b"zip")
    assert refused.status == 401
    assert server.request("GET", "/subscriptions", headers=headers).status == 401
    assert deployments(server, "another") == []


def test_a_package_as_a_form(server: ServerProcess) -> None:
    create_app(server, "form")
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n' + hello_package()
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "multipart/form-data; boundary=b"}
    answer = server.request(
        "POST", "/api/zipdeploy", host="form.scm.localhost", headers=headers, body=body + b"\r\n--b--\r\n"
    )
    assert answer.status == 200, answer.text
    assert hello(server, "form").text == "Hello Ada"


def test_an_upload_that_breaks_off_changes_nothing_and_leaves_nothing(server: ServerProcess) -> None:
    create_app(server, "broken")
    context = ssl._create_unverified_context()  # noqa: S323 - the test's own server
    head = (
        f"POST /api/zipdeploy HTTP/1.1\r\nHost: broken.scm.localhost\r\nAuthorization: Bearer {server.token}\r\n"
        "Content-Length: 200000\r\n\r\n"
    )
    raw = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    with context.wrap_socket(raw, server_hostname="localhost") as client:
        client.sendall(head.encode() + b"x" * 100_000)
        eventually(lambda: uploads(server), 30)
    eventually(lambda: not uploads(server), 30)
    assert deployments(server, "broken") == []
    assert hello(server, "broken").status == 404
    answer = server.manage("POST", "/api/zipdeploy", hello_package(), host="broken.scm.localhost")
    assert answer.status == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_a_package_over_the_limit_is_refused(server: ServerProcess, chunked: bool) -> None:
    create_app(server, "large")
    body = b"x" * (1024 * 1024 + 1)
    try:
        answer = server.request(
            "POST",
            "/api/zipdeploy",
            host="large.scm.localhost",
            headers={"Authorization": f"Bearer {server.token}"},
            body=[body] if chunked else body,
        )
    except ConnectionError:
        pass  # the server does not read all of it
    else:
        assert answer.status == 413
    eventually(lambda: not uploads(server), 30)
    assert deployments(server, "large") == []


def test_what_is_no_app_fails_with_the_cause(server: ServerProcess) -> None:
    create_app(server, "wrong")
    for content, cause in ((b"no zip at all", "zip"), (package({"src/host.json": "{}"}), "in 'src'")):
        answer = server.manage("POST", "/api/zipdeploy", content, host="wrong.scm.localhost")
        assert answer.status == 400
        assert cause in answer.text
    assert [one["status"] for one in deployments(server, "wrong")] == [3, 3]


def test_without_waiting_a_second_deployment_is_409(server: ServerProcess, tmp_path: Path) -> None:
    create_app(server, "twice")
    slow = package({"host.json": "{}", "function_app.py": "x = 1\n"})
    host, go_on = "twice.scm.localhost", tmp_path / "go-on"
    tmp_path.chmod(0o777)  # a build may have a user of its own
    waits = f"while ! test -e {go_on}; do sleep 0.1; done"
    settings = {"SCM_DO_BUILD_DURING_DEPLOYMENT": "true", "PRE_BUILD_COMMAND": waits}
    server.manage("POST", "/api/settings", json.dumps(settings), host=host)
    first = server.manage("POST", "/api/zipdeploy?isAsync=true", slow, host=host)
    second = server.manage("POST", "/api/zipdeploy?isAsync=true", hello_package(), host=host)
    go_on.touch()
    assert (first.status, second.status) == (202, 409)
    assert first.headers["SCM-DEPLOYMENT-ID"]
    place = first.headers["Location"].partition(".scm.localhost")[2].partition("/")[2]
    eventually(lambda: server.manage("GET", f"/{place}", host=host).status == 200, 60)
    assert server.manage("GET", "/api/isdeploying", host=host).json() == {"value": "False"}


def test_a_rollback_is_a_redeployment(server: ServerProcess) -> None:
    create_app(server, "back")
    host = "back.scm.localhost"
    for answer in ("One", "Two"):
        assert server.manage("POST", "/api/zipdeploy", hello_package(answer), host=host).status == 200
    assert hello(server, "back").text == "Two Ada"
    newest, oldest = deployments(server, "back")
    assert (newest["active"], oldest["active"]) == (True, False)
    assert server.manage("DELETE", f"/api/deployments/{newest['id']}", host=host).status == 409
    assert server.manage("PUT", f"/api/deployments/{oldest['id']}", host=host).status == 200
    assert hello(server, "back").text == "One Ada"


class _Files(BaseHTTPRequestHandler):
    """Serves a package, and redirects."""

    def do_GET(self) -> None:
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", self.path.partition("?to=")[2])
            self.end_headers()
            return
        body = hello_package() if self.path.startswith("/app.zip") else b"x" * (2 * 1024 * 1024)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def files() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Files) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{running.server_address[1]}"
        running.shutdown()


def test_packages_are_fetched_from_hosts_that_the_operator_names(tmp_path: Path, files: str) -> None:
    with ServerProcess(tmp_path, "--package-host", files, "--upload-limit", "1") as server:
        create_app(server, "fetched")

        def put(uri: str) -> Response:
            body = json.dumps({"packageUri": uri})
            return server.manage("PUT", "/api/zipdeploy?isAsync=false", body, host="fetched.scm.localhost")

        assert put(f"http://{files}/moved?to=/app.zip%3fsig=secret").status == 200
        assert hello(server, "fetched").text == "Hello Ada"
        assert put(f"http://{files}/moved?to=http://127.0.0.1:{server.port}/subscriptions").status == 403
        assert put(f"http://{files}/moved?to=file:///etc/passwd").status == 400
        assert put(f"http://{files}/moved?to=/moved?to=/moved?to=/moved?to=/moved?to=/moved?to=/app.zip").status == 400
        assert put(f"http://{files}/large").status == 413
        assert put(f"http://127.0.0.1:{server.port}/app.zip").status == 403
        assert put("http://localhost:9/app.zip").status == 403
        eventually(lambda: not uploads(server), 30)
        assert "secret" not in server.output
