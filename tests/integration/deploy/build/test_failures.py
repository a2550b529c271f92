"""Builds that fail: the error names the cause, and nothing is left of them."""

from __future__ import annotations

import asyncio
import io
import socket
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from funchost.deploy.build.builder import BuildProgram
from funchost.errors import BuildError, FuncHostError, PackageError
from tests.integration.deploy.build.wheels import LOCAL_BACKEND, make_wheel
from tests.integration.deploy.build.workshop import LIMITS, Workshop, limited, own_python


@pytest.fixture(autouse=True)
def nothing_is_left(workshop: Workshop) -> object:
    yield
    assert list(workshop.versions.iterdir()) == []


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that nobody listens on, and that nobody else gets meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def failure(workshop: Workshop, files: dict[str, str | bytes], **settings: str) -> FuncHostError:
    with pytest.raises(FuncHostError) as caught:
        asyncio.run(workshop.build(workshop.job(files, settings=settings)))
    return caught.value


def test_an_unknown_package_is_named_with_the_python(workshop: Workshop) -> None:
    error = failure(workshop, {"requirements.txt": "no-such-package==1.2\n"})

    assert isinstance(error, BuildError)
    assert "no-such-package" in error.message
    assert f"Python {own_python().minor}" in error.message


def test_a_wheel_for_other_pythons_only_is_named(workshop: Workshop) -> None:
    make_wheel(workshop.index, "fast", tag="cp39-cp39-manylinux_2_17_x86_64")

    error = failure(workshop, {"requirements.txt": "fast\n"})

    assert "fast" in error.message
    assert own_python().minor in error.message


def test_an_index_that_cannot_be_reached_is_said_to_be(workshop: Workshop, silent_port: int) -> None:
    index = f"http://127.0.0.1:{silent_port}/simple"

    error = failure(
        workshop,
        {"requirements.txt": "alpha\n"},
        PIP_INDEX_URL=index,
        PIP_NO_INDEX="",
        PIP_FIND_LINKS="",
        UV_HTTP_RETRIES="0",
    )

    assert "cannot be reached" in error.message
    assert str(silent_port) in error.message
    assert error.hint


def test_credentials_of_an_index_are_in_no_line_and_no_error(workshop: Workshop, silent_port: int) -> None:
    index = f"http://somebody:hush-hush@127.0.0.1:{silent_port}/simple"

    error = failure(
        workshop,
        {"requirements.txt": "alpha\n"},
        PIP_INDEX_URL=index,
        PIP_NO_INDEX="",
        UV_HTTP_RETRIES="0",
        PRE_BUILD_COMMAND="echo $PIP_INDEX_URL",
    )

    said = workshop.log + error.message
    assert f"127.0.0.1:{silent_port}/simple" in workshop.log
    assert "hush-hush" not in said


def test_a_source_that_does_not_build_says_why(workshop: Workshop) -> None:
    project = '[project]\nname = "own"\nversion = "1.0"\n' + LOCAL_BACKEND
    backend = 'def build_wheel(*args, **kw):\n    raise SystemExit("fatal: no compiler for own")\n'

    error = failure(workshop, {"requirements.txt": "./lib\n", "lib/pyproject.toml": project, "lib/backend.py": backend})

    assert "fatal: no compiler for own" in error.message


def test_requirements_that_cannot_be_read_name_file_and_line(workshop: Workshop) -> None:
    error = failure(workshop, {"requirements.txt": "-r more.txt\n"})

    assert "requirements.txt:1: 'more.txt' is not there" in error.message
    assert str(workshop.folder) not in error.message


def hostile(workshop: Workshop, entry: zipfile.ZipInfo | str, content: bytes, disk: int = LIMITS.disk) -> FuncHostError:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("host.json", "{}")
        package.writestr(entry, content)
    job = limited(workshop.job({}), LIMITS._replace(disk=disk))
    job.package.write_bytes(data.getvalue())
    with pytest.raises(FuncHostError) as caught:
        asyncio.run(workshop.build(job))
    assert isinstance(caught.value, PackageError)
    return caught.value


def test_a_name_that_leads_out_is_refused(workshop: Workshop, tmp_path: Path) -> None:
    error = hostile(workshop, "../../../outside.txt", b"x")

    assert "outside.txt" in error.message
    assert not list(tmp_path.rglob("outside.txt"))


def test_a_link_that_leads_out_is_refused(workshop: Workshop) -> None:
    entry = zipfile.ZipInfo("link")
    entry.create_system = 3
    entry.external_attr = 0o120777 << 16

    assert "link" in hostile(workshop, entry, b"/etc/passwd").message


def test_a_bomb_is_refused(workshop: Workshop) -> None:
    assert "large" in hostile(workshop, "zeros", bytes(30 * 2**20), disk=10 * 2**20).message


def test_a_file_that_is_no_zip_is_refused(workshop: Workshop) -> None:
    job = workshop.job({})
    job.package.write_bytes(b"hello")

    with pytest.raises(PackageError):
        asyncio.run(workshop.build(job))


def test_a_package_that_has_gone_is_an_error(workshop: Workshop) -> None:
    job = workshop.job({})
    job.package.unlink()

    with pytest.raises(FuncHostError, match="No such file"):
        asyncio.run(workshop.build(job))


def test_a_build_process_that_cannot_be_started_is_an_error(workshop: Workshop) -> None:
    program = BuildProgram(("/no/such/python",), ())

    with pytest.raises(BuildError, match="cannot be started: .*no/such/python"):
        asyncio.run(workshop.build(workshop.job({}), program=program))


def test_a_build_process_that_fails_shows_its_last_words(workshop: Workshop) -> None:
    program = BuildProgram(("/bin/sh", "-c", "echo no module named funchost >&2; exit 3"), ())

    with pytest.raises(BuildError, match="(?s)exited with code 3: no module named funchost.*while it was starting"):
        asyncio.run(workshop.build(workshop.job({}), program=program))


def test_an_interpreter_that_has_gone_is_named(workshop: Workshop) -> None:
    job = workshop.job({"requirements.txt": "alpha\n"})
    job = replace(job, python=job.python._replace(path=Path("/no/such/python3.11")))

    with pytest.raises(BuildError, match="no/such/python3.11"):
        asyncio.run(workshop.build(job))


def test_a_build_process_that_reads_no_order_holds_up_nothing_else(workshop: Workshop) -> None:
    """A long command does not fit into the pipe on which the order comes."""
    program = BuildProgram((sys.executable, "-c", "import time; time.sleep(3)"), ())
    job = workshop.job({}, settings={"PRE_BUILD_COMMAND": f": {'x' * 90_000}"})

    async def scenario() -> int:
        began = time.monotonic()
        building = asyncio.create_task(workshop.build(job, program=program))
        turns = 0
        while not building.done():
            await asyncio.sleep(0.01)
            turns += 1
        with pytest.raises(BuildError):
            await building
        assert time.monotonic() - began > 2.5
        return turns

    assert asyncio.run(scenario()) > 20  # many more on any machine, and none if the loop writes the order itself
