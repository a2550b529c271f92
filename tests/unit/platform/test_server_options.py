"""What the options of a server say about its address."""

from __future__ import annotations

from pathlib import Path

import pytest

from funchost.http.tls import TlsOptions
from funchost.platform.server_options import ServerOptions

FOLDER = Path("folder")
SELF_SIGNED = TlsOptions()
OWN = TlsOptions(FOLDER / "cert.pem")


@pytest.mark.parametrize(
    ("address", "domain", "tls", "url"),
    [
        ("127.0.0.1", None, None, "http://127.0.0.1:7070"),
        ("0.0.0.0", None, None, "http://127.0.0.1:7070"),
        ("::1", None, None, "http://[::1]:7070"),
        ("192.168.1.5", None, None, "http://192.168.1.5:7070"),
        ("127.0.0.1", None, SELF_SIGNED, "https://127.0.0.1:7070"),
        ("0.0.0.0", "apps.example.org", SELF_SIGNED, "https://127.0.0.1:7070"),
        ("0.0.0.0", "apps.example.org", OWN, "https://apps.example.org:7070"),
    ],
)
def test_the_url_is_one_that_commands_of_this_machine_can_use(
    address: str, domain: str | None, tls: TlsOptions | None, url: str
) -> None:
    options = ServerOptions(data=FOLDER, config_folder=FOLDER, address=address, domain=domain, tls=tls)
    assert options.url(7070) == url


@pytest.mark.parametrize(
    ("address", "tls", "count"),
    [("127.0.0.1", None, 0), ("::1", None, 0), ("0.0.0.0", None, 1), ("192.168.1.5", None, 1), ("0.0.0.0", OWN, 0)],
)
def test_others_without_https_are_worth_a_warning(address: str, tls: TlsOptions | None, count: int) -> None:
    assert len(ServerOptions(data=FOLDER, config_folder=FOLDER, address=address, tls=tls).warnings()) == count


def test_a_server_of_root_is_worth_a_warning() -> None:
    (warning,) = ServerOptions(data=FOLDER, config_folder=FOLDER, as_root=True).warnings()
    assert "root" in warning
