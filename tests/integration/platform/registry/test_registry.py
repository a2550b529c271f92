"""The registry on disk: one server at a time, nothing readable without the key, nothing overwritten."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from cryptography.fernet import Fernet

from funchost.errors import FuncHostError, RefusedError
from funchost.platform.connection_string import ConnectionString, ConnectionType
from funchost.platform.data_directory import DataDirectory
from funchost.platform.registry.registry import Registry
from funchost.platform.registry.schema import VERSION
from funchost.platform.registry.site_record import Served, SiteRecord
from funchost.platform.site import CorsRules, FunctionInfo, ScaleLimits, Site, SiteName

SHOP = SiteName("shop")
RECORD = SiteRecord(
    site=Site(
        name=SHOP,
        python="3.11",
        functions_version="4",
        running=True,
        created=1.5,
        port=20000,
        version="v1",
        revision=7,
        cors=CorsRules(("https://contoso.com",), True),
        scale=ScaleLimits(1, 5),
        memory_limit=2**30,
    ),
    password="hunter2",
    storage_key="c3RvcmFnZQ==",
    keys_secret=b"\x00\xffsecret",
    settings=MappingProxyType({"API_TOKEN": "tok-12345", "GREETING": "grüße\n"}),
    connection_strings=MappingProxyType({"db": ConnectionString("Password=sesame", ConnectionType.SQL_AZURE)}),
    sticky=("A", "B"),
    served=Served(
        number=6,
        version="v1",
        settings=MappingProxyType({"API_TOKEN": "tok-before"}),
        connection_strings=MappingProxyType({"db": ConnectionString("Password=before", ConnectionType.DOC_DB)}),
        cors=CorsRules(),
        memory_limit=None,
    ),
    functions=(
        FunctionInfo(
            "hello", "httpTrigger", ({"type": "http", "direction": "out"},), "api/hello", ("GET",), "function"
        ),
    ),
    problem="no module named x",
)
SECRETS = (b"hunter2", b"c3RvcmFnZQ", b"tok-12345", b"sesame", b"tok-before", b"Password=before")


def _store(data: DataDirectory) -> None:
    async def main() -> None:
        registry = await Registry.open(data)
        await registry.change(lambda transaction: transaction.put(RECORD))
        await registry.close()

    asyncio.run(main())


def _open(data: DataDirectory) -> None:
    async def main() -> None:
        await (await Registry.open(data)).close()

    asyncio.run(main())


def _content(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.iterdir() if path.is_file() and path.name != "server.lock"}


def test_everything_about_a_site_comes_back(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "data")
    _store(data)

    async def main() -> None:
        registry = await Registry.open(data)
        assert await registry.change(lambda transaction: transaction.sites()) == [RECORD]
        without = replace(RECORD, served=None, site=replace(RECORD.site, version=None, port=None))
        await registry.change(lambda transaction: transaction.put(without))
        assert await registry.change(lambda transaction: transaction.find(SHOP)) == without
        assert await registry.change(lambda transaction: transaction.find(SiteName("sh", "op"))) is None
        await registry.close()

    asyncio.run(main())


def test_connection_strings_without_a_type_are_of_type_custom(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "data")
    _store(data)
    connection = sqlite3.connect(data.registry)
    (sealed,) = connection.execute("SELECT secret FROM sites").fetchone()
    lock = Fernet(data.secret.read_bytes())
    secret = json.loads(lock.decrypt(sealed))
    for part in (secret, secret["served"]):
        assert part.pop("connectionTypes")
    connection.execute("UPDATE sites SET secret=?", (lock.encrypt(json.dumps(secret).encode()),))
    connection.commit()
    connection.close()

    async def main() -> None:
        registry = await Registry.open(data)
        (found,) = await registry.change(lambda transaction: transaction.sites())
        assert found.connection_strings == {"db": ConnectionString("Password=sesame")}
        assert found.served is not None
        assert found.served.connection_strings == {"db": ConnectionString("Password=before")}
        await registry.close()

    asyncio.run(main())


def test_secrets_are_not_readable_without_the_key_and_files_belong_to_the_server_alone(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "data")
    _store(data)
    everything = b"".join(_content(data.root).values())
    for secret in SECRETS:
        assert secret not in everything
        assert secret.decode() not in repr(RECORD)
    assert data.root.stat().st_mode & 0o777 == 0o700
    for path in data.root.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_folder_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    _open(DataDirectory(tmp_path))
    assert tmp_path.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "data")
    data.root.mkdir()
    data.secret.write_bytes(Fernet.generate_key())
    os.chown(data.root, 65534, -1)
    with pytest.raises(FuncHostError, match="belongs to another user"):
        asyncio.run(Registry.open(data))
    assert not data.registry.exists()


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(FuncHostError, match="holds 'letters.txt'"):
        _open(DataDirectory(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_apps_without_a_registry_are_left_alone(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    _store(data)
    data.site(SHOP).mkdir()
    data.registry.unlink()
    with pytest.raises(FuncHostError, match="the registry is missing, although there are sites"):
        _open(data)
    assert data.site(SHOP).is_dir()
    assert not data.registry.exists()


def test_a_second_server_is_told_who_has_the_folder(tmp_path: Path) -> None:
    async def main() -> None:
        registry = await Registry.open(DataDirectory(tmp_path))
        code = (
            "import asyncio,sys,pathlib\n"
            "from funchost.platform.registry.registry import Registry\n"
            "from funchost.platform.data_directory import DataDirectory\n"
            "from funchost.errors import FuncHostError\n"
            "try: asyncio.run(Registry.open(DataDirectory(pathlib.Path(sys.argv[1]))))\n"
            "except FuncHostError as error: print(error)"
        )
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=30
        )
        assert f"another server uses this data directory, process {os.getpid()}" in done.stdout
        await registry.close()

    asyncio.run(main())
    _open(DataDirectory(tmp_path))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data.secret.unlink(), "is missing"),
        (lambda data: data.secret.write_bytes(Fernet.generate_key()), "encrypted with another key"),
        (lambda data: data.secret.write_bytes(b"nonsense"), "not the key"),
        (lambda data: data.registry.write_bytes(b"no database at all" * 100), "is damaged"),
        (lambda data: _overwrite(data.registry, 4096, b"\xff" * 4096), "damaged"),
    ],
)
def test_what_cannot_be_read_is_named_and_left_as_it_is(tmp_path: Path, damage: Any, message: str) -> None:
    data = DataDirectory(tmp_path)
    _store(data)
    damage(data)
    before = _content(tmp_path)
    with pytest.raises(FuncHostError, match=message) as caught:
        _open(data)
    assert caught.value.hint
    after = _content(tmp_path)
    assert {name: after.get(name) for name in before} == before
    assert not (set(after) - set(before) - {"registry.sqlite-wal", "registry.sqlite-shm"})


def _overwrite(path: Path, place: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(content)


def test_a_registry_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    _store(data)
    connection = sqlite3.connect(data.registry)
    connection.execute(f"PRAGMA user_version={VERSION + 1}")
    connection.close()
    with pytest.raises(FuncHostError, match="newer release"):
        _open(data)


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    connection = sqlite3.connect(data.registry)
    connection.execute("CREATE TABLE notes (text)")
    connection.close()
    before = _content(tmp_path)
    with pytest.raises(FuncHostError, match="not a server's registry"):
        _open(data)
    assert _content(tmp_path) == before


def test_a_change_that_fails_changes_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        registry = await Registry.open(DataDirectory(tmp_path))

        def work(transaction: Any) -> None:
            transaction.put(RECORD)
            raise RefusedError("Conflict", "no", 409)

        with pytest.raises(RefusedError):
            await registry.change(work)
        assert await registry.change(lambda transaction: transaction.sites()) == []
        await registry.close()
        with pytest.raises(FuncHostError, match="closed"):
            await registry.change(lambda transaction: transaction.sites())

    asyncio.run(main())


def test_the_admin_token_is_made_once_and_only_its_hash_is_kept(tmp_path: Path) -> None:
    async def main() -> None:
        registry = await Registry.open(DataDirectory(tmp_path))
        token = await registry.ensure_admin_token()
        assert token is not None
        assert await registry.ensure_admin_token() is None
        await registry.close()
        registry = await Registry.open(DataDirectory(tmp_path))
        assert await registry.ensure_admin_token() is None
        assert registry.verify_token(token)
        for wrong in ("", token[:-1], token + "x", "\udcff", "é"):
            assert not registry.verify_token(wrong)
        await registry.close()
        assert token.encode() not in b"".join(_content(tmp_path).values())

    asyncio.run(main())


def test_tokens_for_others_are_made_and_revoked(tmp_path: Path) -> None:
    async def main() -> None:
        registry = await Registry.open(DataDirectory(tmp_path))
        await registry.ensure_admin_token()
        token = await registry.create_token("ci")
        assert registry.token_name(token) == "ci"
        assert [known.name for known in registry.tokens()] == ["admin", "ci"]
        for name, status in (("ci", 409), ("", 400), ("a b", 400), ("../x", 400)):
            with pytest.raises(RefusedError) as caught:
                await registry.create_token(name)
            assert caught.value.status == status
        assert await registry.delete_token("ci")
        assert not await registry.delete_token("ci")
        assert not registry.verify_token(token)
        await registry.close()

    asyncio.run(main())
