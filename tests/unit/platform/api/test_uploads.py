"""Packages that come in over the SCM API."""

from __future__ import annotations

from pathlib import Path

import pytest

from funchost.errors import RefusedError
from funchost.platform.api.scm.package_uri import check_uri
from funchost.platform.deployment import BuildKind, DeploymentStatus
from tests.unit.platform.api.fake_server import SHOP, STAGING, FakeServer


def left(server: FakeServer) -> list[Path]:
    return list(server.uploads.iterdir()) if server.uploads.exists() else []


@pytest.mark.parametrize("path", ["/api/zipdeploy", "/zipdeploy", "/API/ZipDeploy"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_package_is_deployed_while_the_client_waits(tmp_path: Path, path: str, method: str) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    answer = await server.call_scm(method, path, b"zip", site="shop-staging")
    assert answer.status == 200
    assert server.deployments.packages == [b"zip"]
    assert server.deployments.known[0].site == STAGING
    assert left(server) == []


async def test_without_waiting_the_answer_says_where_to_look(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    query = "isAsync=true&author=Ada&authorEmail=a%40b&Deployer=ci&message=m"
    answer = await server.call_scm("POST", f"/api/zipdeploy?{query}", b"zip")
    assert answer.status == 202
    place = "http://shop.scm.localhost:7070/api/deployments/latest?deployer=ci&time=2023-11-14_22-13-20Z"
    assert answer.headers["location"] == place
    assert answer.headers["scm-deployment-id"] == "d1"
    assert answer.headers["retry-after"]
    assert server.deployments.known[0].origin == ("Ada", "a@b", "ci", "m")
    assert server.deployments.known[0].status is DeploymentStatus.PENDING


async def test_a_deployment_that_fails_is_400_with_the_cause(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    server.deployments.outcome = DeploymentStatus.FAILED
    answer = await server.call_scm("POST", "/api/zipdeploy", b"zip")
    assert answer.status == 400
    assert b"it broke" in answer.body


async def test_while_one_runs_the_next_is_409_before_it_is_sent(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    server.deployments.busy = True
    answer = await server.call_scm("POST", "/api/zipdeploy?isAsync=true", b"", headers={"content-length": "900"})
    assert answer.status == 409
    assert left(server) == []


async def test_an_app_that_runs_from_a_url_takes_no_upload(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    server.apps.settings_of[SHOP]["WEBSITE_RUN_FROM_PACKAGE"] = "https://example.org/app.zip"
    answer = await server.call_scm("POST", "/api/zipdeploy", b"zip")
    assert answer.status == 409
    assert "WEBSITE_RUN_FROM_PACKAGE" in answer.message


@pytest.mark.parametrize(
    ("query", "build"),
    [
        ("type=zip", None),
        ("RemoteBuild=True&Deployer=core_tools", BuildKind.REMOTE),
        ("isAsync=true&Deployer=core_tools", None),
        ("type=zip&RemoteBuild=false&async=true", None),
    ],
)
async def test_publish_takes_the_build_from_the_query(tmp_path: Path, query: str, build: BuildKind | None) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    answer = await server.call_scm("POST", f"/api/publish?{query}", b"zip")
    assert answer.status in (200, 202)
    assert server.deployments.builds == [build]


@pytest.mark.parametrize(
    "query", ["", "type=war", "type=other", "type=zip&clean=false", "type=zip&path=/home", "path=..%2F..%2Fetc"]
)
async def test_publish_refuses_what_an_app_is_not_deployed_with(tmp_path: Path, query: str) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    assert (await server.call_scm("POST", f"/api/publish?{query}", b"zip")).status == 400
    assert server.deployments.known == []


async def test_a_package_that_announces_too_much_is_refused_before_it_is_read(tmp_path: Path) -> None:
    server = FakeServer(tmp_path, limit=10)
    await server.shop()
    answer = await server.call_scm("POST", "/api/zipdeploy", b"", headers={"content-length": "11"})
    assert answer.status == 413
    assert "--upload-limit" in answer.message


async def test_a_package_that_turns_out_too_large_leaves_nothing(tmp_path: Path) -> None:
    server = FakeServer(tmp_path, limit=10)
    await server.shop()
    answer = await server.call_scm("POST", "/api/zipdeploy", chunks=[b"x" * 6, b"x" * 6])
    assert answer.status == 413
    assert left(server) == []
    assert server.deployments.known == []


async def test_an_upload_that_breaks_off_changes_and_leaves_nothing(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    assert (await server.call_scm("POST", "/api/zipdeploy", b"half", headers={"content-length": "8"})).status == 0
    assert left(server) == []
    assert server.deployments.known == []
    assert server.faults == []


async def test_an_empty_body_is_no_package(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    assert (await server.call_scm("POST", "/api/zipdeploy")).status == 400
    assert left(server) == []


async def test_the_first_file_of_a_form_is_the_package(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    body = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.zip"\r\n\r\nzip\r\n--x\r\n--b--\r\n'
    for size in (1, 7, len(body)):
        chunks = [body[at : at + size] for at in range(0, len(body), size)]
        kind = 'multipart/form-data; boundary="b"'
        assert (await server.call_scm("POST", "/api/zipdeploy", chunks=chunks, kind=kind)).status == 200
    assert server.deployments.packages == [b"zip\r\n--x"] * 3


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--b\r\n\r\nzip\r\n--b--"),
        ("multipart/form-data; boundary=b", b"no part"),
        ("multipart/form-data; boundary=b", b"--c\r\n\r\nzip\r\n--c--"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nzip that does not end"),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"x" * 20_000),
    ],
)
async def test_a_form_that_is_broken_is_refused(tmp_path: Path, kind: str, body: bytes) -> None:
    server = FakeServer(tmp_path, limit=100_000)
    await server.shop()
    answer = await server.call_scm("POST", "/api/zipdeploy", body, kind=kind)
    assert answer.status == 400
    assert left(server) == []


async def test_a_folder_that_cannot_be_written_is_the_servers_fault(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    server.uploads.write_bytes(b"a file in its place")
    assert (await server.call_scm("POST", "/api/zipdeploy", b"zip")).status == 500
    assert server.faults == []


@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("file:///etc/passwd", 400),
        ("ftp://files.example.org/a.zip", 400),
        ("http://user:secret@files.example.org/a.zip", 400),
        ("//files.example.org/a.zip", 400),
        ("http://[::1", 400),
        ("http://127.0.0.1/a.zip", 403),
        ("http://169.254.169.254/latest", 403),
        ("https://files.example.org.evil.example/a.zip", 403),
        ("https://files.example.org:8443@evil.example/a.zip", 400),
    ],
)
async def test_packages_are_fetched_from_allowed_hosts_alone(tmp_path: Path, uri: str, status: int) -> None:
    hosts = frozenset({"files.example.org"})
    with pytest.raises(RefusedError) as refused:
        check_uri(uri, hosts)
    assert refused.value.status == status
    server = FakeServer(tmp_path, hosts=hosts)
    await server.shop()
    kind = "application/json"
    assert (await server.call_scm("PUT", "/api/zipdeploy", {"packageUri": uri}, kind=kind)).status == status


def test_an_allowed_host_may_be_fetched_from_on_any_port_or_on_one() -> None:
    check_uri("https://files.example.org/a.zip?sig=x", {"files.example.org"})
    check_uri("http://files.example.org:8080/a.zip", {"files.example.org:8080"})
    with pytest.raises(RefusedError):
        check_uri("http://files.example.org:9090/a.zip", {"files.example.org:8080"})


async def test_json_without_a_uri_is_refused(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    await server.shop()
    assert (await server.call_scm("PUT", "/zipdeploy", {}, kind="application/json")).status == 400
