"""`func storage`: the emulator alone, and the commands on an embedded store, on the emulator and on the app's own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.small_app import FUNC, TIMEOUT, func, write_settings

ANY_PORTS = ("--blob-port", "0", "--queue-port", "0", "--table-port", "0")


def storage(cwd: Path, *arguments: str, data: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
    """Run a command that must succeed; return its stdout."""
    done = subprocess.run(
        [FUNC, "storage", *arguments], cwd=cwd, env=env, input=data, capture_output=True, timeout=TIMEOUT
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@contextmanager
def emulator(cwd: Path, *arguments: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A running `func storage start`; gives its connection string."""
    process = subprocess.Popen(
        [FUNC, "storage", "start", *(arguments or ANY_PORTS)], cwd=cwd, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process
    finally:
        process.kill()
        process.communicate()


def test_messages_go_in_and_out_of_an_embedded_store(tmp_path: Path) -> None:
    where = ("--folder", "store")
    storage(tmp_path, "queue", "put", "orders", '{"id": 1}', *where)
    storage(tmp_path, "queue", "put", "orders", "-", *where, data=b"zwei\n")
    storage(tmp_path, "queue", "put", "orders", "plain", "--encoding", "none", *where)
    listed = json.loads(storage(tmp_path, "queue", "list", "--json", *where))
    assert listed == {"name": "orders", "messages": 3, "metadata": {}}
    assert storage(tmp_path, "queue", "peek", "orders", *where) == b'{"id": 1}\n'
    assert storage(tmp_path, "queue", "get", "orders", "--count", "3", *where) == b'{"id": 1}\nzwei\n\nplain\n'
    assert storage(tmp_path, "queue", "get", "orders", *where) == b""
    storage(tmp_path, "queue", "put", "orders", "x", *where)
    storage(tmp_path, "queue", "clear", "orders", *where)
    storage(tmp_path, "queue", "delete", "orders", *where)
    assert storage(tmp_path, "queue", "list", *where) == b""


def test_blobs_are_binary_safe_in_files_and_pipes(tmp_path: Path) -> None:
    where = ("--folder", "store")
    data = os.urandom(5_000_000)
    (tmp_path / "in.bin").write_bytes(data)
    storage(tmp_path, "blob", "put", "samples", "a/in.png", "in.bin", *where)
    storage(tmp_path, "blob", "put", "samples", "piped", "-", *where, data=data)
    assert storage(tmp_path, "blob", "list", *where) == b"samples\n"
    assert storage(tmp_path, "blob", "list", "samples", *where) == b"a/in.png\npiped\n"
    described = json.loads(storage(tmp_path, "blob", "list", "samples", "a/", "--json", *where))
    assert (described["size"], described["contentType"]) == (len(data), "image/png")
    assert storage(tmp_path, "blob", "get", "samples", "piped", *where) == data
    storage(tmp_path, "blob", "get", "samples", "a/in.png", "out.bin", *where)
    assert (tmp_path / "out.bin").read_bytes() == data
    storage(tmp_path, "blob", "delete", "samples", "piped", *where)
    missing = func("storage", "blob", "get", "samples", "piped", "never.bin", *where, cwd=tmp_path)
    assert missing.returncode == 1
    assert "BlobNotFound" in missing.stderr
    assert not list(tmp_path.glob("never*"))


def test_a_blob_is_written_to_what_its_file_is(tmp_path: Path) -> None:
    where = ("--folder", "store")
    storage(tmp_path, "blob", "put", "samples", "new", "-", *where, data=b"new")
    secret, link, pipe, other = (tmp_path / name for name in ("secret", "link", "pipe", "secret.part"))
    secret.write_bytes(b"old")
    secret.chmod(0o600)
    link.symlink_to(secret)
    other.write_bytes(b"of the user")
    storage(tmp_path, "blob", "get", "samples", "new", "link", *where)
    assert link.is_symlink()
    assert secret.read_bytes() == b"new"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert other.read_bytes() == b"of the user"
    os.mkfifo(pipe)
    # Both ends at once: the command must not wait, and what it wrote stays in the pipe.
    reader = os.open(pipe, os.O_RDWR)
    try:
        storage(tmp_path, "blob", "get", "samples", "new", "pipe", *where)
        assert pipe.is_fifo()
        assert os.read(reader, 100) == b"new"
    finally:
        os.close(reader)
    assert func("storage", "blob", "get", "samples", "new", "store", *where, cwd=tmp_path).returncode == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "pipe", "secret", "secret.part", "store"]


def test_looking_into_a_folder_makes_no_store_there(tmp_path: Path) -> None:
    for command in (("blob", "list"), ("queue", "peek", "orders"), ("table", "query", "prices"), ("account", "list")):
        done = func("storage", *command, "--folder", "typo", cwd=tmp_path)
        assert (done.returncode, done.stderr.splitlines()[0]) == (2, "error: --folder: typo holds no store.")
    assert list(tmp_path.iterdir()) == []


def test_the_emulator_prints_its_connection_string_serves_and_ends_on_a_signal(tmp_path: Path) -> None:
    with emulator(tmp_path) as (connection, process):
        assert re.search(r"BlobEndpoint=http://127\.0\.0\.1:\d+/devstoreaccount1;", connection)
        storage(tmp_path, "queue", "put", "orders", "hello", "--connection", connection)
        # The embedded store may be used beside the emulator that serves it.
        assert storage(tmp_path, "queue", "peek", "orders", "--folder", ".funchost/storage") == b"hello\n"
        env = {**os.environ, "MyStorage": connection}
        assert storage(tmp_path, "queue", "get", "orders", "-c", "MyStorage", env=env) == b"hello\n"
        assert storage(tmp_path, "table", "list", "-c", connection) == b""
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT) == 0


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with emulator(tmp_path) as (connection, _):
        found = re.search(r"BlobEndpoint=http://127\.0\.0\.1:(\d+)/", connection)
        assert found
        done = func("storage", "start", "--folder", "other", "--blob-port", found[1], cwd=tmp_path)
    assert done.returncode == 1
    assert f"Port {found[1]} is unavailable." in done.stderr
    assert "--blob-port" in done.stderr


def test_accounts_are_created_and_served(tmp_path: Path) -> None:
    where = ("--folder", ".funchost/storage")
    key = storage(tmp_path, "account", "create", "shop", *where).decode().strip()
    assert storage(tmp_path, "account", "list", *where) == b"devstoreaccount1\nshop\n"
    storage(tmp_path, "queue", "put", "orders", "x", "--account", "shop", *where)
    assert storage(tmp_path, "queue", "list", *where) == b""
    with emulator(tmp_path) as (connection, _):
        mine = re.sub(r"AccountKey=[^;]+", lambda _: f"AccountKey={key}", connection).replace(
            "devstoreaccount1", "shop"
        )
        assert storage(tmp_path, "queue", "list", "-c", mine) == b"orders\n"
    for arguments, code in ((("create", "shop"), 1), (("create", "UPPER"), 1), (("create", "two", "--key", "!"), 2)):
        done = func("storage", "account", *arguments, *where, cwd=tmp_path)
        assert done.returncode == code
        assert done.stderr.startswith("error: ")


def test_the_apps_own_connection_is_the_default(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    with emulator(tmp_path) as (connection, _):
        write_settings(app, {"AzureWebJobsStorage": connection})
        storage(app, "queue", "put", "from-settings", "x")
        assert storage(tmp_path, "queue", "list", "-c", connection) == b"from-settings\n"
    write_settings(app, {"AzureWebJobsStorage": "nonsense"})
    done = func("storage", "queue", "list", cwd=app)
    assert done.returncode == 1
    assert "AzureWebJobsStorage" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("blob", "--help"), ("queue", "put", "--help"), ("table", "query", "--help"), ("start", "--help"), ("--help",)],
)
def test_help_needs_no_storage(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = func("storage", *arguments, cwd=tmp_path)
    assert done.returncode == 0
    assert "Usage: func storage" in done.stdout
    assert not list(tmp_path.iterdir())


def test_wrong_command_lines_are_usage_errors(tmp_path: Path) -> None:
    for arguments in (
        ("queue", "get", "orders", "--count", "33"),
        ("queue", "list", "--connection", "UseDevelopmentStorage=true", "--folder", "x"),
        ("blob", "put", "c", "n", "missing.bin"),
        ("nothing",),
    ):
        done = func("storage", *arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stderr.startswith("error: ")
