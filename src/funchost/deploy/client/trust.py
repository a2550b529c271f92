"""Which certificate of a server is trusted."""

from __future__ import annotations

import ssl

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from funchost.errors import FuncHostError


def trust(certificates: str | None) -> ssl.SSLContext | aiohttp.Fingerprint:
    """Return what decides whether a server's certificate is trusted.

    One certificate with host names is the server's own: exactly it is trusted, under whatever name the server is
    called, since certificates cannot name all hosts below .localhost. Anything else is a list of authorities.

    Args:
        certificates: PEM text, None = the system's authorities.

    Raises:
        FuncHostError: it is no PEM text with a certificate.
    """
    if certificates is None:
        return ssl.create_default_context()
    try:
        found = x509.load_pem_x509_certificates(certificates.encode("ascii"))
    except ValueError as error:
        raise FuncHostError("The file of trusted certificates holds none, or not as PEM text.") from error
    if len(found) == 1 and _names_hosts(found[0]):
        return aiohttp.Fingerprint(found[0].fingerprint(hashes.SHA256()))
    return ssl.create_default_context(cadata=certificates)


def _names_hosts(certificate: x509.Certificate) -> bool:
    try:
        certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return False
    return True
