from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from funchost.errors import FuncHostError
from funchost.http.certificates import server_context
from funchost.http.self_signed import localhost_pem
from funchost.http.tls import TlsOptions
from tests.integration.http.serving import GET, Echo, connected, serving


class Made:
    """A certificate for localhost in all its forms, in one folder."""

    def __init__(self, folder: Path) -> None:
        pem = localhost_pem()
        key, certificate = load_pem_private_key(pem, None), x509.load_pem_x509_certificate(pem)
        self.folder = folder
        self.public = certificate.public_bytes(Encoding.PEM)
        self.private = pem[: pem.index(b"-----BEGIN CERTIFICATE")]
        self.encrypted = key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption("pässword".encode())
        )
        self.pfx = pkcs12.serialize_key_and_certificates(
            b"x",
            key,  # type: ignore[arg-type]
            certificate,
            None,
            BestAvailableEncryption("pässword".encode()),
        )

    def file(self, name: str, *parts: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(b"".join(parts))
        return path

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.public.decode())


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


async def served(options: TlsOptions, context: ssl.SSLContext) -> str:
    app = Echo()
    async with serving(app, tls=options) as server, connected(server, context) as client:
        await client.send(GET)
        assert await client.answer() == (200, b"GET / 0")
    scheme: str = app.scopes[0]["scheme"]
    return scheme


async def test_pem_with_the_key_in_the_same_file(made: Made) -> None:
    path = made.file("one.pem", made.private, made.public)
    assert await served(TlsOptions(path), made.trusting()) == "https"


@pytest.mark.parametrize("key", ["cert.key", "cert-key.pem", "cert.key.pem"])
async def test_pem_with_the_key_beside_it(made: Made, key: str) -> None:
    path = made.file("cert.pem", made.public)
    made.file(key, made.private)
    await served(TlsOptions(path), made.trusting())


async def test_pem_with_the_key_named(made: Made) -> None:
    path = made.file("cert.crt", made.public)
    await served(TlsOptions(path, key=made.file("other", made.private)), made.trusting())


async def test_pem_with_an_encrypted_key(made: Made) -> None:
    path = made.file("one.pem", made.encrypted, made.public)
    await served(TlsOptions(path, "pässword"), made.trusting())


@pytest.mark.parametrize("name", ["cert.pfx", "cert.p12", "cert"])
async def test_pfx_with_its_password_or_a_file_that_holds_it(made: Made, name: str) -> None:
    path = made.file(name, made.pfx)
    await served(TlsOptions(path, "pässword"), made.trusting())
    password = made.file("password.txt", "pässword\n".encode())
    await served(TlsOptions(path, str(password)), made.trusting())


async def test_without_a_certificate_the_host_makes_one_for_localhost() -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    async with serving(tls=TlsOptions()) as server, connected(server, context) as client:
        shown = client.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        await client.send(GET)
        assert await client.answer() == (200, b"GET / 0")
    names = x509.load_der_x509_certificate(shown).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]


def test_no_key_is_left_in_a_temporary_file(made: Made) -> None:
    place = Path(tempfile.gettempdir())
    before = set(os.listdir(place))
    server_context(TlsOptions())
    server_context(TlsOptions(made.file("cert.pfx", made.pfx), "pässword"))
    assert [name for name in set(os.listdir(place)) - before if name.endswith(".pem")] == []


async def test_plain_http_to_the_tls_port_ends_the_connection(made: Made) -> None:
    async with serving(tls=TlsOptions()) as server, connected(server) as client:
        await client.send(GET)
        assert b"HTTP/" not in await client.rest()


@pytest.mark.parametrize(
    ("name", "content", "password", "message"),
    [
        ("cert.pem", "public", None, "there is no private key"),
        ("cert.pem", "encrypted", None, "the private key has a password"),
        ("cert.pem", "encrypted", "wrong", "the password does not fit"),
        ("cert.pem", "garbage", None, "not a certificate with its private key"),
        ("cert.pfx", "pfx", None, "has a password"),
        ("cert.pfx", "pfx", "wrong", "the password does not fit"),
        ("cert.pfx", "garbage", "x", "neither a PEM nor a PFX file"),
        ("cert.pem", "missing", None, "the certificate cannot be read"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_said_with_its_file(
    made: Made, name: str, content: str, password: str | None, message: str
) -> None:
    contents = {
        "public": made.public,
        "encrypted": made.encrypted + made.public,
        "garbage": b"-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n" if name == "cert.pem" else b"x",
        "pfx": made.pfx,
    }
    path = made.file(name, contents[content]) if content in contents else made.folder / name
    with pytest.raises(FuncHostError, match=message) as caught:
        server_context(TlsOptions(path, password))
    assert str(path) in str(caught.value)
