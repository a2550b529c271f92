from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from funchost.deploy.build.channel import ReportChannel
from funchost.deploy.build.job import BuildResult
from funchost.deploy.build.report import Done, Failed, Line, Report, Stage, decode


class Written(list[Report | None]):
    """What has come out of the channel's pipe."""


@contextmanager
def channel(lines: int = 100) -> Iterator[tuple[ReportChannel, Written]]:
    read, write = os.pipe()
    written = Written()
    try:
        yield ReportChannel(write, lines, Path("/data/scratch/build-1/content")), written
        os.close(write)
        with os.fdopen(os.dup(read), "rb") as pipe:
            written += [decode(line) for line in pipe]
    finally:
        os.close(read)


def test_reports_are_written_in_order() -> None:
    with channel() as (own, written):
        own.stage("unpacking the package")
        own.line("one")
        own.end(Done(BuildResult(1)))

    assert written == [Stage("unpacking the package"), Line("one"), Done(BuildResult(1))]
    assert own.doing == "unpacking the package"


def test_lines_beyond_the_limit_are_counted() -> None:
    with channel(lines=2) as (own, written):
        for number in range(5):
            own.line(str(number))
        own.end(Done(BuildResult(1)))

    assert written[:2] == [Line("0"), Line("1")]
    assert written[2] == Line("3 more lines are not shown: a build may print 2.")


def test_nothing_follows_the_end() -> None:
    with channel() as (own, written):
        own.end(Failed("BuildError", "first"))
        own.end(Done(BuildResult(1)))
        own.line("late")

    assert written == [Failed("BuildError", "first")]


def test_credentials_and_the_servers_folders_are_not_shown() -> None:
    with channel() as (own, written):
        own.line("Looking in https://user:secret@index/simple for /data/scratch/build-1/content/requirements.txt")
        own.end(Failed("BuildError", "https://token@index and /data/scratch/build-1/content/lib"))

    shown = str(written)
    assert "secret" not in shown
    assert "token" not in shown
    assert "scratch" not in shown
    assert "for requirements.txt" in shown
