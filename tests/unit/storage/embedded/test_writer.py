"""The writer's groups: savepoints, durability, errors."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from funchost.errors import StorageError
from funchost.storage.embedded.database_file import DatabaseFile
from funchost.storage.embedded.lock import StoreLock
from funchost.storage.embedded.writer import GROUP_JOBS, Writer
from funchost.storage.embedded.writer_job import Job, Outcome


class Bench:
    """A writer over a table `t`, its statements, and what it reported."""

    def __init__(self, folder: Path) -> None:
        self.connection = sqlite3.connect(folder / "x.db", isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("CREATE TABLE t (a UNIQUE)")
        self.statements: list[str] = []
        self.connection.set_trace_callback(self.statements.append)
        self.loop = asyncio.new_event_loop()
        self.lock = StoreLock([folder / "turn", folder / "lock"])
        self.groups: list[list[Outcome]] = []
        self.topics: list[str] = []
        self.writer = Writer(
            self.connection,
            self.lock,
            DatabaseFile(folder / "x.db"),
            self._committed,
            lambda: 1.0,
            lambda connection: None,
        )

    def _committed(self, outcomes: list[Outcome], topics: list[str]) -> None:
        self.groups.append(outcomes)
        self.topics += topics

    def put(self, operation: Callable[..., Any], *, durable: bool = True, topics: tuple[str, ...] = ()) -> Job:
        job = Job(operation, self.loop.create_future(), durable, topics, 0)
        self.writer.put(job)
        return job

    def put_merged(self, operation: Callable[..., Any], argument: object, topics: tuple[str, ...] = ()) -> None:
        self.writer.put(Job(operation, self.loop.create_future(), False, topics, 0, True, argument))

    def run(self) -> list[Outcome]:
        """Run all jobs that were put; returns their outcomes."""
        self.writer.stop()
        self.writer.start()
        assert self.writer.join(10)
        return [outcome for group in self.groups for outcome in group]

    def rows(self) -> list[Any]:
        return [value for (value,) in self.connection.execute("SELECT a FROM t ORDER BY a")]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.connection.close()
    bench.lock.close()
    bench.loop.close()


def insert(value: object) -> Callable[[sqlite3.Connection], object]:
    def operation(connection: sqlite3.Connection) -> object:
        connection.execute("INSERT INTO t VALUES (?)", (value,))
        return value

    return operation


def test_jobs_that_wait_share_a_transaction(bench: Bench) -> None:
    for value in range(20):
        bench.put(insert(value))
    assert [outcome.result for outcome in bench.run()] == list(range(20))
    assert bench.statements.count("COMMIT") == 1
    assert bench.rows() == list(range(20))


def test_group_has_a_limit(bench: Bench) -> None:
    for value in range(GROUP_JOBS + 1):
        bench.put(insert(value))
    assert len(bench.run()) == GROUP_JOBS + 1
    assert bench.statements.count("COMMIT") == 2


def test_job_that_fails_undoes_itself_alone(bench: Bench) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t VALUES ('half')")
        raise StorageError("Refused", "no", 409)

    bench.put(insert(1), topics=("one",))
    bench.put(fail, topics=("two",))
    bench.put(insert(3), topics=("three",))
    errors = [outcome.error for outcome in bench.run()]
    assert errors[0] is errors[2] is None
    assert isinstance(errors[1], StorageError)
    assert bench.rows() == [1, 3]
    assert bench.topics == ["one", "three"]


def test_error_of_sqlite_in_a_job_is_an_error_of_the_store(bench: Bench) -> None:
    bench.put(insert(1))
    bench.put(insert(1))
    first, second = bench.run()
    assert first.error is None
    assert isinstance(second.error, StorageError)
    assert "x.db" in str(second.error)


def test_topics_that_an_operation_finds_are_announced_if_it_succeeds(bench: Bench) -> None:
    def find(connection: sqlite3.Connection) -> None:
        bench.writer.announce("found")

    def fail(connection: sqlite3.Connection) -> None:
        bench.writer.announce("lost")
        raise ValueError

    bench.put(find)
    bench.put(fail)
    bench.run()
    assert bench.topics == ["found"]


def test_merged_jobs_next_to_each_other_are_one_call(bench: Bench) -> None:
    calls: list[list[int]] = []

    def merged(connection: sqlite3.Connection, arguments: list[int]) -> list[object]:
        calls.append(arguments)
        return [StorageError("Odd", "odd", 400) if argument % 2 else argument for argument in arguments]

    for value in range(3):
        bench.put_merged(merged, value, topics=(str(value),))
    bench.put(insert(1))
    bench.put_merged(merged, 4)
    outcomes = bench.run()
    assert calls == [[0, 1, 2], [4]]
    assert [outcome.result for outcome in outcomes] == [0, None, 2, 1, 4]
    assert isinstance(outcomes[1].error, StorageError)
    assert bench.topics == ["0", "2"]


def test_merged_job_that_fails_does_not_fail_its_neighbours(bench: Bench) -> None:
    def merged(connection: sqlite3.Connection, arguments: list[int]) -> list[int]:
        connection.executemany("INSERT INTO t VALUES (?)", [(argument,) for argument in arguments])
        return [10 // argument for argument in arguments]

    for value in (1, 0, 2):
        bench.put_merged(merged, value)
    first, second, third = bench.run()
    assert (first.result, third.result) == (10, 5)
    assert isinstance(second.error, ZeroDivisionError)
    assert bench.rows() == [1, 2]


def test_job_whose_caller_gave_up_is_not_done(bench: Bench) -> None:
    bench.put(insert(1)).future.cancel()
    bench.put(insert(2))
    bench.run()
    assert bench.rows() == [2]


@pytest.mark.parametrize(("durable", "level"), [(True, "FULL"), (False, "NORMAL")])
def test_group_is_as_durable_as_its_jobs_ask(bench: Bench, durable: bool, level: str) -> None:
    bench.put(insert(1), durable=False)
    bench.put(insert(2), durable=durable)
    bench.run()
    assert f"PRAGMA synchronous = {level}" in bench.statements
    assert bench.statements.index(f"PRAGMA synchronous = {level}") < bench.statements.index("BEGIN IMMEDIATE")


def test_transaction_that_is_lost_fails_all_its_jobs(bench: Bench) -> None:
    bench.connection.execute("PRAGMA max_page_count = 4")
    bench.put(insert(1))
    bench.put(insert("x" * 100_000))
    outcomes = bench.run()
    codes = [outcome.error.code for outcome in outcomes if isinstance(outcome.error, StorageError)]
    assert "InsufficientStorage" in codes
    assert len(bench.rows()) == len(outcomes) - len(codes)
