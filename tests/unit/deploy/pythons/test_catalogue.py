from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import TypeVar

import pytest

from funchost.deploy.pythons import Installation, PythonCatalogue
from funchost.deploy.pythons.download import Download
from funchost.deploy.pythons.places import Candidate
from funchost.errors import RefusedError
from funchost.workers.probe import ProbeError

T = TypeVar("T")


class Machine:
    """A machine with Pythons; each is a file, so that they can vanish."""

    def __init__(self, folder: Path, *versions: str) -> None:
        self.folder = folder
        self.pythons: dict[Path, tuple[int, int, int]] = {}
        self.searches = 0
        self.examined: list[str] = []
        for version in versions:
            self.install(version)

    def install(self, version: str, name: str = "") -> Path:
        path = self.folder / (name or f"python{version}")
        path.touch()
        major, minor, micro = map(int, version.split("."))
        self.pythons[path] = major, minor, micro
        return path

    def search(self) -> list[Candidate]:
        self.searches += 1
        return [Candidate(path, "test") for path in self.pythons if path.exists()]

    def examine(self, candidate: Candidate) -> Installation:
        self.examined.append(candidate.path.name)
        version = self.pythons[candidate.path]
        if version == (0, 0, 0):
            raise ProbeError("hangs")
        return Installation(candidate.path, version, candidate.source)

    def catalogue(self) -> PythonCatalogue:
        return PythonCatalogue({}, search=self.search, examine=self.examine)


def run(work: Coroutine[object, object, T]) -> T:
    return asyncio.run(work)


def test_the_newest_patch_of_a_version_is_taken(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "3.8.9", "3.8.18", "3.8.10", "3.11.7")

    assert run(machine.catalogue().find("3.8")).version == (3, 8, 18)


def test_one_python_of_each_version_is_listed_oldest_first(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "3.11.7", "3.9.1", "3.10.0", "3.9.2")

    found = run(machine.catalogue().installed())

    assert [each.release for each in found] == ["3.9.2", "3.10.0", "3.11.7"]


def test_of_equals_the_first_is_taken(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    first = machine.install("3.9.1", "first")
    machine.install("3.9.1", "second")

    assert run(machine.catalogue().find("3.9")).path == first


def test_a_broken_one_is_passed_over(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "0.0.0", "3.9.1")

    assert [each.release for each in run(machine.catalogue().installed())] == ["3.9.1"]


def test_many_who_ask_at_once_for_what_is_missing_cause_few_searches(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "3.8.1")

    async def ask() -> list[object]:
        catalogue = machine.catalogue()
        return await asyncio.gather(*(catalogue.find("3.12") for _ in range(20)), return_exceptions=True)

    assert all(isinstance(answer, RefusedError) for answer in run(ask()))
    assert machine.searches <= 2


def test_a_download_holds_up_nobody_who_asks_for_another_version(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "3.8.1")

    class Slow(Download):
        def __init__(self) -> None:
            super().__init__(tmp_path, tmp_path / "uv", {})
            self.go_on = asyncio.Event()

        async def get(self, version: str) -> str | None:
            await self.go_on.wait()
            machine.install(f"{version}.0")
            return None

    async def ask() -> tuple[Installation, Installation]:
        download = Slow()
        catalogue = PythonCatalogue({}, download=download, search=machine.search, examine=machine.examine)
        missing = asyncio.create_task(catalogue.find("3.12"))
        there = await catalogue.find("3.8")
        download.go_on.set()
        return there, await missing

    there, downloaded = run(ask())
    assert (there.release, downloaded.release) == ("3.8.1", "3.12.0")


def test_the_machine_is_searched_once_for_versions_that_are_there(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "3.8.1", "3.9.1")

    async def ask() -> None:
        catalogue = machine.catalogue()
        await asyncio.gather(*(catalogue.find(version) for version in ("3.8", "3.9", "3.8")))
        await catalogue.installed()

    run(ask())
    assert machine.searches == 1


def test_a_version_installed_later_is_found_and_only_it_is_examined(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "3.8.1")

    async def ask() -> Installation:
        catalogue = machine.catalogue()
        await catalogue.installed()
        machine.install("3.12.0")
        return await catalogue.find("3.12")

    assert run(ask()).release == "3.12.0"
    assert machine.examined == ["python3.8.1", "python3.12.0"]


def test_one_that_has_gone_is_replaced_by_another_patch(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "3.8.1")
    newer = machine.install("3.8.18")

    async def ask() -> Installation:
        catalogue = machine.catalogue()
        assert (await catalogue.find("3.8")).path == newer
        newer.unlink()
        return await catalogue.find("3.8")

    assert run(ask()).release == "3.8.1"


def test_a_missing_version_is_refused_with_what_is_there(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "3.8.18", "3.11.7")

    with pytest.raises(
        RefusedError, match=r"Python 3\.12 is not on this machine\. There are: 3\.8\.18, 3\.11\.7\."
    ) as caught:
        run(machine.catalogue().find("3.12"))
    assert caught.value.status == 400
    assert caught.value.hint


def test_a_machine_without_any_python_says_so(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="There are: none"):
        run(Machine(tmp_path).catalogue().find("3.12"))


@pytest.mark.parametrize(("functions", "release"), [("~4", "3.12.1"), ("3", "3.8.18"), ("~2", "3.7.16")])
def test_the_default_is_the_newest_that_the_version_of_functions_takes(
    tmp_path: Path, functions: str, release: str
) -> None:
    machine = Machine(tmp_path, "3.7.16", "3.8.18", "3.12.1")

    assert run(machine.catalogue().default(functions)).release == release


def test_no_default_is_an_error_with_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"version 2 takes Python 3\.6, 3\.7; this machine has 3\.12\.1"):
        run(Machine(tmp_path, "3.12.1").catalogue().default("2"))


def test_what_is_no_version_never_reaches_the_machine(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "3.8.18")

    with pytest.raises(RefusedError, match="patch release"):
        run(machine.catalogue().find("3.8.18"))
    assert machine.searches == 0
