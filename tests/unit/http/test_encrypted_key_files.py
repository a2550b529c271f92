from __future__ import annotations

from pathlib import Path

import pytest

from funchost.http.encrypted_key_files import EncryptedKeyFiles
from funchost.http.keys import FUNCTION_KEYS, KeySet, KeyStore
from funchost.logs import HostLog, LogFilter
from tests.unit.http.apps import Lines

SECRET = b"the secret of the tests"


def store(folder: Path, secret: bytes = SECRET, console: Lines | None = None) -> KeyStore:
    log = HostLog(console or Lines(), LogFilter({}))
    return KeyStore(folder, log, repository=EncryptedKeyFiles(folder, secret))


async def test_keys_come_back_with_the_secret_and_stand_nowhere_in_the_files(tmp_path: Path) -> None:
    keys = await store(tmp_path / "keys").host_keys()
    value, _ = await store(tmp_path / "keys").put(KeySet("keys", "F"), "mine", None)
    assert await store(tmp_path / "keys").host_keys() == keys
    assert (await store(tmp_path / "keys").keys(KeySet("keys", "F")))["mine"] == value
    contents = b"".join(path.read_bytes() for path in (tmp_path / "keys").iterdir())
    for secret in (keys.master, *keys.function.values(), value):
        assert secret.encode() not in contents
    assert b"masterKey" not in contents


async def test_another_secret_reads_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    keys = await store(folder).host_keys()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    console = Lines()
    wrong = store(folder, b"another secret, as long", console)
    assert (await wrong.host_keys()).master != keys.master
    await wrong.put(FUNCTION_KEYS, "mine", None)
    assert "encrypted with another secret" in console.text
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert await store(folder).host_keys() == keys


async def test_a_change_of_nothing_writes_nothing(tmp_path: Path) -> None:
    files = EncryptedKeyFiles(tmp_path, SECRET)
    assert await files.read("host") is None
    assert await files.update("host", lambda _: b"document") == b"document"
    before = (tmp_path / "host.key").read_bytes()
    assert await files.update("host", lambda found: found or b"") == b"document"
    assert (tmp_path / "host.key").read_bytes() == before
    assert await EncryptedKeyFiles(tmp_path, SECRET).read("host") == b"document"


async def test_a_document_that_cannot_be_parsed_is_kept_encrypted(tmp_path: Path) -> None:
    files = EncryptedKeyFiles(tmp_path, SECRET)
    place = await files.keep_snapshot("host", b"a secret in a broken document")
    assert b"a secret" not in Path(place).read_bytes()


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        EncryptedKeyFiles(tmp_path, b"short")
