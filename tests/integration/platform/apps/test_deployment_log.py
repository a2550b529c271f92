"""The log of a deployment: in a file as it happens, bounded, followed live, whole after a crash."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from funchost.errors import FuncHostError
from funchost.platform.apps import deployment_log
from funchost.platform.apps.deployment_log import MAX_LINE, MAX_LINES, DeploymentLog
from funchost.platform.deployment import LogLine


def test_lines_are_in_the_file_while_it_runs(tmp_path: Path) -> None:
    async def main() -> None:
        log = DeploymentLog(tmp_path / "log", clock=lambda: 1.5)
        log.write("grüße\nzwei")
        log.write("no", True)
        await log.flush()
        assert deployment_log.read(tmp_path / "log") == [(1.5, "grüße\nzwei", False), (1.5, "no", True)]
        assert deployment_log.read(tmp_path / "log", 1) == [(1.5, "no", True)]

    asyncio.run(main())


def test_what_a_build_prints_commands_no_terminal_and_forges_no_line(tmp_path: Path) -> None:
    async def main() -> None:
        log = DeploymentLog(tmp_path / "log")
        log.write("\x1b[2J\x1b]0;title\x07\x1b[31mred\x1b[0m\rforged \u202eturned\ttab\r\nnext")
        assert log.lines[0].message == "\\x1b[2J\\x1b]0;title\\x07red\\rforged \\u202eturned\ttab\nnext"
        log.write("a file: a\udcff")
        assert log.lines[1].message == "a file: a\\udcff"

    asyncio.run(main())


def test_followers_get_every_line_once_and_an_end(tmp_path: Path) -> None:
    async def main() -> None:
        log = DeploymentLog(tmp_path / "log")
        log.write("0")
        got: list[list[str]] = [[], []]

        async def follow(place: int) -> None:
            got[place].extend([line.message async for line in log.follow(place)])

        followers = [asyncio.create_task(follow(place)) for place in (0, 1)]
        for number in range(1, 5):
            await asyncio.sleep(0)
            log.write(str(number))
        await log.close()
        await asyncio.gather(*followers)
        assert got == [list("01234"), list("1234")]

    asyncio.run(main())


def test_endless_output_is_cut_and_the_end_is_kept(tmp_path: Path) -> None:
    async def main() -> None:
        log = DeploymentLog(tmp_path / "log")
        log.write("x" * (2 * MAX_LINE))
        for number in range(MAX_LINES + 5):
            log.write(str(number))
        log.write("the cause", True, last=True)
        await log.close()
        lines = deployment_log.read(tmp_path / "log")
        assert len(lines) == MAX_LINES + 2
        assert len(lines[0].message) < MAX_LINE + 100
        assert lines[-2].message == "6 more lines were left out here."
        assert lines[-1].message == "the cause"

    asyncio.run(main())


def test_a_log_that_cannot_be_written_says_so_and_goes_on_when_it_can(tmp_path: Path) -> None:
    async def main() -> None:
        log = DeploymentLog(tmp_path / "log")
        (tmp_path / "log").mkdir()
        log.write("0")
        with pytest.raises(FuncHostError, match="cannot be written"):
            await log.flush()
        (tmp_path / "log").rmdir()
        log.write("1")
        await log.close()
        assert [line.message for line in deployment_log.read(tmp_path / "log")] == ["0", "1"]

    asyncio.run(main())


def test_a_line_that_a_crash_cut_off_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "log").write_text('[1.0, "whole", false]\n[2.0, "ha')
    assert [line.message for line in deployment_log.read(tmp_path / "log")] == ["whole"]
    deployment_log.append(tmp_path / "log", [LogLine(3.0, "after")])
    assert [line.message for line in deployment_log.read(tmp_path / "log")] == ["whole", "after"]
    assert deployment_log.read(tmp_path / "missing") == []
