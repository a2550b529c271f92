"""TLS: from a certificate in PEM or PFX form, or none at all, to an SSL context."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from funchost.errors import UsageError

_PFX_SUFFIXES = (".pfx", ".p12")


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """Where the certificate comes from.

    Args:
        certificate: a PEM file with the certificate chain, with or without its key, or a PFX file; None = a
            self-signed certificate for localhost is made for this run.
        password: of the PFX file or the PEM key, or the path of a file that holds it; None = not encrypted.
        key: PEM file with the private key if it is not in `certificate`.
    """

    certificate: Path | None = None
    password: str | None = None
    key: Path | None = None


def server_context(options: TlsOptions) -> ssl.SSLContext:
    """Return the context to serve with.

    Raises:
        UsageError: a file cannot be read, is no certificate, lacks its key, or the password is wrong.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    password = _password(options.password)
    if options.certificate is None:
        _load_pem(context, _self_signed(), None)
    elif not options.certificate.is_file():
        raise UsageError(
            f"The certificate file {options.certificate} does not exist.", hint="Give an existing file with --cert."
        )
    elif options.certificate.suffix.lower() in _PFX_SUFFIXES:
        _load_pem(context, _from_pfx(options.certificate, password), None)
    else:
        _load_files(context, options, password)
    return context


def _password(given: str | None) -> bytes | None:
    """Return the password: the first line of the file that is named, else the text itself."""
    if given is None:
        return None
    try:
        path = Path(given)
        if path.is_file():
            return path.read_bytes().partition(b"\n")[0].rstrip(b"\r")
    except OSError:  # too long for a path, or not readable: then it is the password
        pass
    return given.encode()


def _load_files(context: ssl.SSLContext, options: TlsOptions, password: bytes | None) -> None:
    assert options.certificate is not None  # noqa: S101 - the caller has looked
    key = options.key or _key_beside(options.certificate)
    # Without a callback OpenSSL would ask for the password on the terminal.
    try:
        context.load_cert_chain(options.certificate, key, password=lambda: password or b"")
    except (OSError, ssl.SSLError) as error:
        where = f"{options.certificate}" if key is None else f"{options.certificate} and {key}"
        raise UsageError(
            f"The certificate cannot be loaded from {where}: {_reason(error)}.",
            hint="PEM files must hold the certificate and its private key; --password opens an encrypted key.",
        ) from error


def _key_beside(certificate: Path) -> Path | None:
    """Return `<name>.key` or `<name>-key.pem` next to a certificate file that holds no key itself."""
    if b"PRIVATE KEY-----" in certificate.read_bytes():
        return None
    for name in (f"{certificate.stem}.key", f"{certificate.stem}-key.pem", f"{certificate.stem}.key.pem"):
        candidate = certificate.with_name(name)
        if candidate.is_file():
            return candidate
    return None


def _reason(error: Exception) -> str:
    text = str(error)
    if "PEM lib" in text or "no start line" in text.lower():
        return "it is not a PEM certificate with its private key"
    if "password" in text.lower() or "bad decrypt" in text.lower():
        return "the password does not fit"
    return text or type(error).__name__


def _from_pfx(path: Path, password: bytes | None) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

    try:
        key, certificate, chain = pkcs12.load_key_and_certificates(path.read_bytes(), password)
    except (ValueError, OSError) as error:
        raise UsageError(
            f"The certificate cannot be loaded from {path}: {error}.",
            hint="Check the file and its password (--password, the text itself or a file that holds it).",
        ) from error
    if key is None or certificate is None:
        missing = "private key" if key is None else "certificate"
        raise UsageError(f"{path} holds no {missing}.", hint="Export it together with its private key.")
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem + b"".join(c.public_bytes(Encoding.PEM) for c in (certificate, *chain))


def _self_signed() -> bytes:
    """Return a key and a certificate for localhost, valid for a year from now."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1")), x509.IPAddress(ip_address("::1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem + certificate.public_bytes(Encoding.PEM)


def _load_pem(context: ssl.SSLContext, pem: bytes, password: bytes | None) -> None:
    with _private_file(pem) as path:
        context.load_cert_chain(path, password=password)


@contextmanager
def _private_file(content: bytes) -> Iterator[str]:
    """Hold `content` in a file that only this user can read, because OpenSSL loads keys from files only."""
    descriptor, path = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        yield path
    finally:
        Path(path).unlink()
