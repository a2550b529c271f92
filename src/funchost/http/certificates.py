"""server_context: turns certificate files into the TLS context of the server.

`ssl` reads keys from files only, so a PFX file or a fresh certificate goes through a temporary PEM file of this user
alone, which is deleted as soon as it is loaded.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path

from funchost.errors import FuncHostError
from funchost.http.tls import TlsOptions

_PFX_SUFFIXES = (".pfx", ".p12")


def server_context(options: TlsOptions) -> ssl.SSLContext:
    """Return the context to serve HTTP/1.1 with, TLS 1.2 or later.

    Raises:
        FuncHostError: a file is missing, unreadable, of another kind, or its password is wrong; names the file.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    password = _password(options.password)
    if options.certificate is None:
        from funchost.http.self_signed import localhost_pem

        _load_bytes(context, localhost_pem())
        return context
    content = _read(options.certificate)
    if options.certificate.suffix.lower() in _PFX_SUFFIXES or b"-----BEGIN" not in content:
        _load_bytes(context, _pfx_to_pem(options.certificate, content, password))
    else:
        _load_pem(context, options.certificate, _key_file(options, content), password)
    return context


def _password(text: str | None) -> str | None:
    if not text:
        return None
    try:
        if os.path.isfile(text):
            return Path(text).read_text(encoding="utf-8-sig").rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise FuncHostError(f"{text}: the password cannot be read from this file: {error}") from None
    return text


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FuncHostError(
            f"{path}: the certificate cannot be read: {error.strerror}.",
            hint="Name a PEM or PFX file with --cert, or leave --cert out for a self-signed certificate.",
        ) from None


def _key_file(options: TlsOptions, certificate: bytes) -> Path | None:
    """Return the file of the private key, None if the certificate's own file holds it."""
    path = options.certificate
    if options.key is not None:
        return options.key
    if path is None or b"PRIVATE KEY-----" in certificate:
        return None
    names = (f"{path.stem}.key", f"{path.stem}-key{path.suffix}", f"{path.stem}.key{path.suffix}")
    beside = [path.with_name(name) for name in names]
    found = next((file for file in beside if file.is_file()), None)
    if found is None:
        raise FuncHostError(
            f"{path}: there is no private key in this file.",
            hint=f"Append the key to it, or put it beside it as {' or '.join(names)}.",
        )
    return found


def _load_pem(context: ssl.SSLContext, certificate: Path, key: Path | None, password: str | None) -> None:
    # Without a callback OpenSSL asks for the password on the terminal and the host hangs.
    asked: list[bool] = []

    def answer() -> str:
        asked.append(True)
        return password or ""

    try:
        context.load_cert_chain(certificate, key, password=answer)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        file = key or certificate
        if asked and not password:
            raise FuncHostError(f"{file}: the private key has a password.", hint="Give it with --password.") from None
        if asked:
            raise FuncHostError(f"{file}: the password does not fit the private key.") from None
        raise FuncHostError(
            f"{file}: this is not a certificate with its private key in PEM form: {_reason(error)}."
        ) from None


def _pfx_to_pem(path: Path, content: bytes, password: str | None) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

    try:
        key, certificate, chain = pkcs12.load_key_and_certificates(content, password.encode() if password else None)
    except ValueError as error:
        if "password" in str(error).lower():
            wanted = "the password does not fit" if password else "this file has a password"
            raise FuncHostError(
                f"{path}: {wanted}.", hint="Give it, or a file that holds it, with --password."
            ) from None
        raise FuncHostError(f"{path}: this is neither a PEM nor a PFX file: {error}.") from None
    if key is None or certificate is None:
        raise FuncHostError(f"{path}: a certificate and its private key are needed, one of them is not in this file.")
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + b"".join(item.public_bytes(Encoding.PEM) for item in (certificate, *chain))


def _load_bytes(context: ssl.SSLContext, pem: bytes) -> None:
    descriptor, name = tempfile.mkstemp(suffix=".pem")  # mode 600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        context.load_cert_chain(name)
    finally:
        os.unlink(name)


def _reason(error: Exception) -> str:
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
