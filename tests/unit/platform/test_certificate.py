"""The self-signed certificate of a server."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography import x509

from funchost.errors import FuncHostError
from funchost.http.self_signed import localhost_pem
from funchost.platform.certificate import ensure_certificate

NAMES = {"localhost", "*.localhost", "*.scm.localhost"}


def names(pem: str) -> set[str]:
    found = x509.load_pem_x509_certificate(pem.encode()).extensions
    return set(found.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName))


def test_it_is_made_once_and_given_without_its_key(tmp_path: Path) -> None:
    path = tmp_path / "certificate.pem"
    made = ensure_certificate(path, None)
    assert names(made) == NAMES
    assert "PRIVATE" not in made
    assert "PRIVATE" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ensure_certificate(path, None) == made


def test_it_is_made_anew_for_another_domain(tmp_path: Path) -> None:
    path = tmp_path / "certificate.pem"
    first = ensure_certificate(path, None)
    second = ensure_certificate(path, "example.org")
    assert second != first
    assert names(second) == NAMES | {"example.org", "*.example.org", "*.scm.example.org"}
    assert ensure_certificate(path, None) == second


def test_it_is_made_anew_before_its_end_and_when_it_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "certificate.pem"
    for content in (localhost_pem(sorted(NAMES), days=20), b"no certificate", b""):
        path.write_bytes(content)
        assert names(ensure_certificate(path, None)) == NAMES
        assert path.read_bytes() != content


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(FuncHostError, match=r"certificate\.pem"):
        ensure_certificate(tmp_path / "missing" / "certificate.pem", None)
