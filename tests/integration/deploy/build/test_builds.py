"""Builds for real: what comes out, and what the log says."""

from __future__ import annotations

import asyncio
import hashlib
import py_compile
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from funchost.deploy.build.builder import build
from funchost.deploy.build.job import BuildResult
from funchost.deploy.pythons import Installation
from funchost.errors import BuildError
from tests.integration.deploy.build.wheels import LOCAL_BACKEND, make_wheel, simple_index
from tests.integration.deploy.build.workshop import Workshop, installation, own_python

SITE_PACKAGES = Path(".python_packages/lib/site-packages")
GUIDE_REQUIREMENTS = "requests==2.19.1\n"
ONLINE = {"PIP_NO_INDEX": "", "PIP_FIND_LINKS": ""}


def imports(workshop: Workshop, python: Installation, module: str) -> subprocess.CompletedProcess[str]:
    """Try an import with the packages of the version."""
    packages = str(workshop.version / SITE_PACKAGES)
    command = [
        str(python.path),
        "-I",
        "-c",
        f"import sys; sys.path[:0] = [{packages!r}]; import {module}",
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("python", ["3.6", "3.8", "3.12"])
def test_requirements_are_installed_and_compiled_for_the_apps_python(workshop: Workshop, python: str) -> None:
    make_wheel(workshop.index, "alpha", "2.0")
    job = workshop.job({"requirements.txt": "alpha\n", "Hello/__init__.py": "import alpha\n"}, python=python)

    result = asyncio.run(workshop.build(job))

    assert result.packages == ("alpha==2.0",)
    assert result.bytes == sum(path.stat().st_size for path in workshop.version.rglob("*") if path.is_file())
    assert (workshop.version / SITE_PACKAGES / "alpha.py").read_text() == "VERSION = '2.0'\n"
    tag = f"cpython-{python.replace('.', '')}"
    assert (workshop.version / f"Hello/__pycache__/__init__.{tag}.pyc").is_file()
    assert (workshop.version / SITE_PACKAGES / f"__pycache__/alpha.{tag}.pyc").is_file()
    assert "requirements.txt" in workshop.log
    assert "alpha==2.0" in workshop.log
    assert workshop.errors == []


@pytest.mark.parametrize("python", ["3.8", "3.12"])
def test_the_guides_requirements_build_and_import_where_they_can(workshop: Workshop, python: str) -> None:
    job = workshop.job({"requirements.txt": GUIDE_REQUIREMENTS}, python=python, settings=ONLINE)

    result = asyncio.run(workshop.build(job))

    assert "requests==2.19.1" in result.packages
    tried = imports(workshop, installation(python), "requests")
    if python == "3.8":
        assert tried.returncode == 0, tried.stderr
    else:
        assert "ModuleNotFoundError" in tried.stderr


@pytest.mark.parametrize("files", [{}, {"requirements.txt": ""}, {"requirements.txt": "\n# nothing yet\n"}])
def test_without_requirements_there_is_nothing_to_install(workshop: Workshop, files: dict[str, str]) -> None:
    result = asyncio.run(workshop.build(workshop.job({"function_app.py": "", **files})))

    assert result.packages == ()
    assert "nothing to install" in workshop.log
    assert (workshop.version / "function_app.py").is_file()


def test_included_and_constraining_files_are_read(workshop: Workshop) -> None:
    make_wheel(workshop.index, "alpha", "1.0")
    make_wheel(workshop.index, "alpha", "2.0")
    make_wheel(workshop.index, "beta", "1.0")
    files = {
        "requirements.txt": "-r requirements/more.txt\nalpha\n",
        "requirements/more.txt": "-c limits.txt\nbeta\n",
        "requirements/limits.txt": "alpha<2\n",
    }

    assert asyncio.run(workshop.build(workshop.job(files))).packages == ("alpha==1.0", "beta==1.0")


def test_a_wrong_hash_fails_the_build_and_names_the_package(workshop: Workshop) -> None:
    make_wheel(workshop.index, "alpha", "1.0")
    job = workshop.job({"requirements.txt": f"alpha==1.0 --hash=sha256:{'0' * 64}\n"})

    with pytest.raises(BuildError, match="(?s)alpha.*[Hh]ash"):
        asyncio.run(workshop.build(job))


def test_a_right_hash_is_accepted(workshop: Workshop) -> None:
    digest = hashlib.sha256(make_wheel(workshop.index, "alpha", "1.0").read_bytes()).hexdigest()
    job = workshop.job({"requirements.txt": f"alpha==1.0 --hash=sha256:{digest}\n"})

    assert asyncio.run(workshop.build(job)).packages == ("alpha==1.0",)


@pytest.mark.parametrize("place", ["the file", "a setting"])
def test_packages_come_from_an_extra_index(workshop: Workshop, place: str) -> None:
    with simple_index(workshop.folder / "served", "alpha") as extra, simple_index(workshop.folder / "main") as main:
        requirements = f"--extra-index-url {extra}\nalpha\n" if place == "the file" else "alpha\n"
        settings = {**ONLINE, "PIP_INDEX_URL": main} | ({} if place == "the file" else {"PIP_EXTRA_INDEX_URL": extra})
        job = workshop.job({"requirements.txt": requirements}, settings=settings)

        assert asyncio.run(workshop.build(job)).packages == ("alpha==1.0",)


def test_a_package_of_the_app_itself_is_installed_with_its_files(workshop: Workshop) -> None:
    backend = """
import zipfile, os
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "own-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.write("own.py")
        wheel.writestr("own-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: own\\nVersion: 1.0\\n")
        wheel.writestr("own-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("own-1.0.dist-info/RECORD", "")
    return name
build_editable = build_wheel
"""
    project = '[project]\nname = "own"\nversion = "1.0"\n' + LOCAL_BACKEND
    files = {
        "requirements.txt": "-e ./lib\n",
        "lib/pyproject.toml": project,
        "lib/backend.py": backend,
        "lib/own.py": "A = 1\n",
    }

    result = asyncio.run(workshop.build(workshop.job(files)))

    assert result.packages == ("own==1.0",)
    assert (workshop.version / SITE_PACKAGES / "own.py").read_text() == "A = 1\n"
    assert imports(workshop, own_python(), "own").returncode == 0


def test_pyproject_counts_where_there_are_no_requirements(workshop: Workshop) -> None:
    make_wheel(workshop.index, "alpha", "1.0")
    project = '[project]\nname = "app"\nversion = "1"\ndependencies = ["alpha"]\n'

    assert asyncio.run(workshop.build(workshop.job({"pyproject.toml": project}))).packages == ("alpha==1.0",)


def test_a_remote_build_does_not_take_uploaded_packages(workshop: Workshop) -> None:
    job = workshop.job({"requirements.txt": "", f"{SITE_PACKAGES}/old.py": "", "Hello/__init__.py": ""})

    asyncio.run(workshop.build(job))

    assert not (workshop.version / ".python_packages").exists()
    assert "Removing the uploaded .python_packages" in workshop.log


def test_a_package_that_is_taken_as_it_is_keeps_its_packages(workshop: Workshop) -> None:
    files = {"requirements.txt": "nothing-like-this\n", f"{SITE_PACKAGES}/own.py": "A = 1\n"}
    job = replace(workshop.job(files, settings={"PRE_BUILD_COMMAND": "false"}), install=False)

    result = asyncio.run(workshop.build(job))

    assert result.packages == ()
    assert (workshop.version / SITE_PACKAGES / "own.py").is_file()
    assert "PRE_BUILD_COMMAND: not run" in workshop.log


def test_uploaded_packages_for_another_python_or_platform_fail_with_the_files_name(workshop: Workshop) -> None:
    name = f"{SITE_PACKAGES}/fast.cpython-37m-x86_64-linux-gnu.so"
    job = replace(workshop.job({name: b"\x7fELF"}), install=False)

    with pytest.raises(BuildError, match=r"(?s)fast\.cpython-37m-x86_64-linux-gnu\.so.*Python 3\.7"):
        asyncio.run(workshop.build(job))
    assert not workshop.version.exists()


def test_a_module_that_does_not_compile_is_no_failure(workshop: Workshop) -> None:
    result = asyncio.run(workshop.build(workshop.job({"broken.py": "def (:\n", "fine.py": "A = 1\n"})))

    assert result.bytes > 0
    assert list((workshop.version / "__pycache__").iterdir())


def test_bytecode_that_was_uploaded_is_replaced(workshop: Workshop, tmp_path: Path) -> None:
    python = own_python()
    other = tmp_path / "other.py"
    other.write_text("A = 'stale'\n")
    stale = py_compile.compile(str(other), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    assert stale is not None
    name = f"{SITE_PACKAGES}/__pycache__/own.{sys.implementation.cache_tag}.pyc"
    fresh = "A = 'fresh'\n"
    files: dict[str, str | bytes] = {f"{SITE_PACKAGES}/own.py": fresh, name: Path(stale).read_bytes()}

    asyncio.run(workshop.build(replace(workshop.job(files), install=False)))

    assert imports(workshop, python, "own; assert own.A == 'fresh'").returncode == 0


def test_commands_around_the_build_run_in_the_app(workshop: Workshop) -> None:
    settings = {"PRE_BUILD_COMMAND": "echo before; pwd; echo made > made.txt", "POST_BUILD_COMMAND": "scripts/after.sh"}
    files = {"scripts/after.sh": "echo after $(cat made.txt)\n"}

    asyncio.run(workshop.build(workshop.job(files, settings=settings)))

    assert (workshop.version / "made.txt").read_text() == "made\n"
    assert [line for line in workshop.lines if line in ("before", "after made")] == ["before", "after made"]


def test_a_long_command_is_run(workshop: Workshop) -> None:
    command = f"echo made > made.txt #{'x' * 90_000}"
    asyncio.run(workshop.build(workshop.job({}, settings={"PRE_BUILD_COMMAND": command})))
    assert (workshop.version / "made.txt").is_file()


def test_the_text_of_a_command_is_in_no_log_and_in_no_process_list(workshop: Workshop) -> None:
    secret = "clone-token-4711"
    seen = "tr '\\0' ' ' < /proc/$$/cmdline; echo; tr '\\0' ' ' < /proc/$PPID/cmdline; echo"
    settings = {"PRE_BUILD_COMMAND": f": {secret}; {seen}; env", "POST_BUILD_COMMAND": f": {secret}; exit 3"}

    with pytest.raises(BuildError, match="POST_BUILD_COMMAND exited with code 3") as failure:
        asyncio.run(workshop.build(workshop.job({}, settings=settings)))
    assert secret not in str(failure.value)
    assert secret not in workshop.log
    assert "/bin/sh" in workshop.log


def test_a_command_that_fails_fails_the_build(workshop: Workshop) -> None:
    job = workshop.job({}, settings={"POST_BUILD_COMMAND": "echo no such thing >&2; exit 7"})

    with pytest.raises(BuildError, match=r"POST_BUILD_COMMAND exited with code 7: no such thing"):
        asyncio.run(workshop.build(job))
    assert not workshop.version.exists()


def test_a_build_has_a_clean_environment(workshop: Workshop) -> None:
    job = workshop.job({}, settings={"PRE_BUILD_COMMAND": "env > env.txt; id -u > id.txt", "MY_SECRET": "app-secret"})

    asyncio.run(workshop.build(job, environ={"PATH": "/usr/bin:/bin", "SERVER_SECRET": "server-secret"}))

    said = (workshop.version / "env.txt").read_text()
    assert "secret" not in said
    assert f"HOME={workshop.scratch}" in said


def test_two_builds_at_once_share_the_cache(workshop: Workshop) -> None:
    make_wheel(workshop.index, "alpha", "1.0")
    first = workshop.job({"requirements.txt": "alpha\n"})
    second = replace(first, target=workshop.versions / "2")

    async def both() -> list[BuildResult]:
        return await asyncio.gather(*(build(job, lambda line, error: None) for job in (first, second)))

    assert [result.packages for result in asyncio.run(both())] == [("alpha==1.0",)] * 2
