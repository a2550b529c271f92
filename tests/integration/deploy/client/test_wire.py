from __future__ import annotations

import asyncio
import datetime
import socket
import ssl
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from funchost.deploy.client.credentials import Bearer, Credential
from funchost.deploy.client.management import ManagementClient
from funchost.deploy.client.scm import ScmClient
from funchost.deploy.client.wire import Wire, open_session
from funchost.errors import FuncHostError, RefusedError, ServerUnreachableError
from tests.integration.deploy.client.fake_server import SITE, TOKEN, FakeServer, serving


class Pauses(list[float]):
    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def ask(
    url: str,
    work: Callable[[ManagementClient, Wire], Awaitable[object]],
    *,
    credential: Credential = Bearer(TOKEN),  # noqa: B008
    certificates: str | None = None,
    pauses: Pauses | None = None,
) -> object:
    async def run() -> object:
        async with open_session(url, certificates) as session:
            wire = Wire(session, credential, Pauses() if pauses is None else pauses)
            return await work(ManagementClient(wire, url), wire)

    return asyncio.run(run())


async def subscriptions(management: ManagementClient, wire: Wire) -> object:
    return await management.subscriptions()


def test_passing_faults_are_tried_three_times() -> None:
    pauses = Pauses()
    with serving(FakeServer(faults=[503, 502])) as server:
        assert ask(server.url, subscriptions, pauses=pauses)
    assert len(server.calls) == 3
    assert pauses == [0.5, 1.0]


def test_lasting_faults_are_errors() -> None:
    with serving(FakeServer(faults=[503, 503, 503])) as server:
        with pytest.raises(RefusedError, match="fault"):
            ask(server.url, subscriptions)
    assert len(server.calls) == 3


@pytest.mark.parametrize("status", [400, 404, 409, 500])
def test_refusals_are_not_repeated(status: int) -> None:
    with serving(FakeServer(faults=[status])) as server:
        with pytest.raises(RefusedError):
            ask(server.url, subscriptions)
    assert len(server.calls) == 1


def test_calls_that_must_not_happen_twice_are_made_once() -> None:
    async def restart(management: ManagementClient, wire: Wire) -> object:
        return await management.post(f"{SITE}/restart", repeatable=False)

    with serving(FakeServer(faults=[503])) as server:
        with pytest.raises(RefusedError):
            ask(server.url, restart)
    assert len(server.calls) == 1


def test_wrong_token_says_where_tokens_come_from() -> None:
    with serving(FakeServer()) as server:
        with pytest.raises(RefusedError, match="does not accept the credential") as caught:
            ask(server.url, subscriptions, credential=Bearer("wrong-secret"))
    assert caught.value.status == 401
    assert "--access-token-stdin" in (caught.value.hint or "")
    assert "wrong-secret" not in str(caught.value)


def test_server_that_is_down_is_named_with_what_to_do() -> None:
    with socket.socket() as silent:  # nobody listens on its port, and nobody else gets it
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        with pytest.raises(ServerUnreachableError, match=f"http://127.0.0.1:{port} cannot be reached") as caught:
            ask(f"http://127.0.0.1:{port}", subscriptions)
    assert "func server start" in (caught.value.hint or "")


def test_a_server_that_ends_in_the_middle_of_an_answer_is_said_so() -> None:
    async def post(management: ManagementClient, wire: Wire) -> object:
        return await management.post("/subscriptions", repeatable=False)

    with socket.create_server(("127.0.0.1", 0)) as half, ThreadPoolExecutor(1) as thread:

        def answer() -> None:
            with half.accept()[0] as client:
                client.recv(65536)
                client.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,")

        answered = thread.submit(answer)
        with pytest.raises(ServerUnreachableError, match=r"broke: it ended in the middle of an answer\.$") as caught:
            ask(f"http://127.0.0.1:{half.getsockname()[1]}", post)
        answered.result(5)
    assert (caught.value.hint or "").startswith("Try again")


def test_names_below_localhost_lead_to_the_server() -> None:
    async def settings(management: ManagementClient, wire: Wire) -> object:
        return await ScmClient(wire, f"http://{server.scm_host}").settings()

    with serving(FakeServer()) as server:
        assert ask(server.url, settings) == {"AzureWebJobsStorage": "x"}
        assert ask(f"http://localhost:{server.port}", settings) == {"AzureWebJobsStorage": "x"}


def test_proxies_are_not_asked_about_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with serving(FakeServer()) as server:
        assert ask(server.url, subscriptions)


def test_own_certificate_is_trusted_under_every_name(tmp_path: Path) -> None:
    pem, context = certificate(tmp_path)

    async def settings(management: ManagementClient, wire: Wire) -> object:
        assert await management.subscriptions()
        return await ScmClient(wire, f"https://{server.scm_host}").settings()

    with serving(FakeServer(scheme="https"), context) as server:
        assert ask(server.url, settings, certificates=pem) == {"AzureWebJobsStorage": "x"}


def test_untrusted_certificate_is_an_error_that_names_the_option(tmp_path: Path) -> None:
    _, context = certificate(tmp_path)
    with serving(FakeServer(scheme="https"), context) as server:
        with pytest.raises(ServerUnreachableError, match="is not trusted") as caught:
            ask(server.url, subscriptions)
    assert "--ca-file" in (caught.value.hint or "")
    assert server.calls == []


def test_another_certificate_than_the_trusted_one_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other, _ = certificate(tmp_path / "other")
    _, context = certificate(tmp_path)
    with serving(FakeServer(scheme="https"), context) as server:
        with pytest.raises(ServerUnreachableError, match="another certificate"):
            ask(server.url, subscriptions, certificates=other)
    assert server.calls == []


def test_file_without_a_certificate_is_an_error() -> None:
    with pytest.raises(FuncHostError, match="holds none"):
        ask("https://127.0.0.1:1", subscriptions, certificates="nothing")


def test_log_entries_of_another_server_are_not_fetched() -> None:
    async def entries(management: ManagementClient, wire: Wire) -> object:
        return await ScmClient(wire, f"http://{server.scm_host}").log_entries("http://evil.example/log")

    with serving(FakeServer()) as server:
        assert ask(server.url, entries) == ()
    assert server.calls == []


def certificate(folder: Path) -> tuple[str, ssl.SSLContext]:
    """A self-signed certificate of localhost as PEM text, and what serves with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(pem + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return pem.decode("ascii"), context
