"""Versions of a store, and other programs' files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from funchost.errors import FuncHostError
from funchost.storage.embedded import schema

STORE = Path("store.db")


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def test_store_can_be_prepared_twice(connection: sqlite3.Connection) -> None:
    schema.prepare(connection, STORE)
    before = connection.execute("SELECT * FROM store ORDER BY key").fetchall()
    schema.prepare(connection, STORE)
    assert connection.execute("SELECT * FROM store ORDER BY key").fetchall() == before
    assert connection.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)


def test_newer_store_is_refused_and_left_alone(connection: sqlite3.Connection) -> None:
    schema.prepare(connection, STORE)
    connection.execute("PRAGMA user_version = 1000")
    with pytest.raises(FuncHostError, match="store.db: the store has version 1000"):
        schema.prepare(connection, STORE)
    assert connection.execute("PRAGMA user_version").fetchone() == (1000,)


def test_older_store_is_brought_up_step_by_step(connection: sqlite3.Connection) -> None:
    schema.prepare(connection, STORE)
    connection.execute("INSERT INTO store VALUES ('kept', 1)")
    steps: list[int] = []
    migrations = {1: lambda connection: steps.append(1), 2: lambda connection: steps.append(2)}
    schema.prepare(connection, STORE, latest=3, migrations=migrations)
    schema.prepare(connection, STORE, latest=3, migrations=migrations)
    assert steps == [1, 2]
    assert connection.execute("PRAGMA user_version").fetchone() == (3,)
    assert connection.execute("SELECT value FROM store WHERE key = 'kept'").fetchone() == (1,)


def test_database_of_another_program_is_refused_and_left_alone(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE mine (a)")
    with pytest.raises(FuncHostError, match="another program"):
        schema.prepare(connection, STORE)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]


def test_clock_that_goes_back_a_little_is_let_be(connection: sqlite3.Connection) -> None:
    schema.prepare(connection, STORE)
    connection.execute("INSERT INTO messages VALUES (1, 1, 1, 5000000, 0, 5000000, 9000000, 1, 0, '')")
    schema.set_clock(connection, 5_000_000)
    schema.set_clock(connection, 4_500_000)
    assert connection.execute("SELECT visible FROM messages").fetchone() == (5_000_000,)
    schema.set_clock(connection, 1_000_000)
    assert connection.execute("SELECT visible FROM messages").fetchone() == (1_000_000,)


def test_script_is_cut_into_statements() -> None:
    script = "CREATE TABLE a (x DEFAULT ';');\n\nCREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT 2; END;\n"
    assert len(list(schema.statements(script))) == 2
