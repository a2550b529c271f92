"""The self-signed certificate of a server: made once, kept in the data directory, so that clients can trust it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from funchost.app.durable_file import replace_durably
from funchost.errors import FuncHostError
from funchost.http.self_signed import localhost_pem

VALID_DAYS = 825
"""The longest that some clients accept of certificates that were put into their store by hand."""
RENEWED_BEFORE = timedelta(days=30)

_BEGIN = b"-----BEGIN CERTIFICATE-----"


def ensure_certificate(path: Path, domain: str | None) -> str:
    """Make the certificate if it is missing, will soon have expired, or lacks the domain's names.

    Args:
        path: PEM file with certificate and key, mode 600.
        domain: below which sites have their names, None = below ``localhost`` alone.

    Returns:
        The certificate without its key, PEM.

    Raises:
        FuncHostError: the file cannot be read or written.
    """
    names = ["*.localhost", "*.scm.localhost"]
    if domain is not None:
        names += [domain, f"*.{domain}", f"*.scm.{domain}"]
    try:
        content = path.read_bytes() if path.exists() else b""
        if not _serves(content, names):
            content = localhost_pem(names, VALID_DAYS)
            replace_durably(path, content)
    except OSError as error:
        raise FuncHostError(f"{path}: the server's certificate cannot be kept: {error.strerror}.") from error
    return _public(content).decode("ascii")


def _serves(content: bytes, names: list[str]) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(_public(content))
        covered = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    return left > RENEWED_BEFORE and set(names) <= set(covered.get_values_for_type(x509.DNSName))


def _public(content: bytes) -> bytes:
    _, mark, rest = content.partition(_BEGIN)
    return mark + rest
