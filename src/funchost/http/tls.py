"""TlsOptions: which certificate to serve HTTPS with. Building the context is certificates.py's, loaded when needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """How to serve HTTPS.

    Args:
        certificate: PEM file (certificate chain and key, or the chain alone with the key in `key` or beside it),
            or PFX/PKCS#12 file; None = a self-signed certificate for localhost, made at start.
        password: of the key or the PFX file: the password itself, or the path of a file that holds it.
        key: PEM file with the private key, None = it is in `certificate` or in a file beside it
            (``name.key``, ``name-key.pem``).
    """

    certificate: Path | None = None
    password: str | None = None
    key: Path | None = None
