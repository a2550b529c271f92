"""AppLogs on a real disk: what is written, what followers see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

from funchost.platform.app_log_files import LogLimits
from funchost.platform.app_logs import LINE_LIMIT, AppLogs
from funchost.platform.data_directory import DataDirectory
from funchost.platform.site import SiteName

SHOP = SiteName("shop")
OTHER = SiteName("other")
ONE, TWO = "11111111aaaa", "22222222bbbb"


@asynccontextmanager
async def logging(folder: Path, limits: LogLimits | None = None) -> AsyncIterator[AppLogs]:
    logs = AppLogs(DataDirectory(folder), limits)
    try:
        yield logs
    finally:
        await logs.close()


def run(scenario: Callable[[], Coroutine[object, object, None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 60))


async def some(lines: AsyncGenerator[bytes, None], count: int) -> list[bytes]:
    """The next lines, at least `count`."""
    found: list[bytes] = []
    while len(found) < count:
        found += (await anext(lines)).splitlines()
    return found


def test_lines_are_kept_as_they_were_written_behind_the_instances_id(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with logging(tmp_path) as logs:
            logs.write(SHOP, ONE, b"[stamp] one\n[stamp] two, in")
            logs.write(SHOP, TWO, b"between\n")
            logs.write(SHOP, ONE, b" two pieces\nno end")
            logs.end(SHOP, ONE)
            logs.end(SHOP, TWO)
            logs.write(OTHER, ONE, b"elsewhere\n")
        assert (tmp_path / "sites" / "shop" / "logs" / "app.log").read_text().splitlines() == [
            "11111111 [stamp] one",
            "22222222 between",
            "11111111 [stamp] two, in two pieces",
            "11111111 no end",
        ]

    run(scenario)


def test_notes_of_the_server_have_a_stamp(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with logging(tmp_path) as logs:
            logs.note(SHOP, "Instance 1 ended: SIGKILL.\nAnother one starts.")
            first, second = await some(logs.follow(SHOP, 10), 2)
            assert first.startswith(b"server   [2")
            assert first.endswith(b"Z] Instance 1 ended: SIGKILL.")
            assert second.endswith(b"Z] Another one starts.")

    run(scenario)


def test_what_a_note_quotes_commands_no_terminal_and_forges_no_line(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with logging(tmp_path) as logs:
            logs.note(SHOP, "It says: \x1b[2J\rserver   forged \udcff")
            (line,) = await some(logs.follow(SHOP, 10), 1)
            assert line.endswith(b"Z] It says: \\x1b[2J\\rserver   forged \\udcff")

    run(scenario)


def test_a_line_without_an_end_is_cut(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with logging(tmp_path) as logs:
            for _ in range(3):
                logs.write(SHOP, ONE, b"x" * LINE_LIMIT)
            lines = await some(logs.follow(SHOP, 10), 1)
            assert len(lines[0]) > LINE_LIMIT

    run(scenario)


def test_a_follower_misses_nothing_between_the_backlog_and_what_comes(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with logging(tmp_path) as logs:

            async def talk() -> None:
                for number in range(500):
                    logs.write(SHOP, ONE, b"%d\n" % number)
                    await asyncio.sleep(0.0005)

            talking = asyncio.create_task(talk())
            for _ in range(5):
                await asyncio.sleep(0.02)
                lines = logs.follow(SHOP, 10_000)
                found = [int(line.split()[1]) for line in await some(lines, 40)]
                assert found == list(range(len(found)))
                await lines.aclose()
            await talking

    run(scenario)


def test_a_follower_gets_as_many_old_lines_as_it_asked_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with logging(tmp_path, LogLimits(file_bytes=100, files=3)) as logs:
            for number in range(9):
                logs.write(SHOP, ONE, b"%d\n" % number)
            assert [line[-1:] for line in await some(logs.follow(SHOP, 3), 3)] == [b"6", b"7", b"8"]
            new = logs.follow(SHOP)
            waiting = asyncio.ensure_future(anext(new))
            await asyncio.sleep(0)
            logs.write(SHOP, ONE, b"9\n")
            assert await waiting == b"11111111 9\n"
            await new.aclose()

    run(scenario)


def test_several_follow_at_once_and_a_slow_one_holds_up_nobody(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with logging(tmp_path) as logs:
            slow, quick = logs.follow(SHOP), logs.follow(SHOP)
            begun = [asyncio.ensure_future(anext(lines)) for lines in (slow, quick)]
            await asyncio.sleep(0)
            logs.write(SHOP, ONE, b"first\n")
            assert [await each for each in begun] == [b"11111111 first\n"] * 2
            for _ in range(40):
                logs.write(SHOP, ONE, (b"x" * 999 + b"\n") * 100)
                assert len(await some(quick, 100)) == 100
                await asyncio.sleep(0)
            text = b"\n".join(await some(slow, 900))
            while b"lines are left out here: they are read too slowly" not in text:
                text = await anext(slow)
            await slow.aclose()
            await quick.aclose()

    run(scenario)


def test_followers_of_a_site_that_is_removed_come_to_their_end(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with logging(tmp_path) as logs:
            logs.write(SHOP, ONE, b"last words\n")
            lines = logs.follow(SHOP, 1)
            assert await anext(lines) == b"11111111 last words\n"
            await logs.remove(SHOP)
            assert [each async for each in lines] == []
            assert not (tmp_path / "sites" / "shop" / "logs").exists()

    run(scenario)


def test_more_than_the_disk_takes_is_left_out_with_a_notice(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with logging(tmp_path) as logs:
            for _ in range(100):
                logs.write(SHOP, ONE, (b"x" * 999 + b"\n") * 100)
        text = (tmp_path / "sites" / "shop" / "logs" / "app.log").read_bytes()
        assert b"lines are left out here: they came faster than the disk takes them" in text
        assert len(text) < 5 * 1024 * 1024

    run(scenario)
