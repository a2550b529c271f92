"""--build-native-deps: what is asked of a container engine, and what happens without one.

The engine is a script that keeps "containers" as folders: no test machine is sure to have a real one.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import sysconfig
from pathlib import Path

import pytest

from funchost.deploy.dependencies import InstalledPackages, Platform, TargetPython, read_requirements, this_platform
from funchost.deploy.dependencies.native_build import install_native
from funchost.errors import BuildError, NativeDependenciesError
from tests.tools import missing

ENGINE = """#!{python}
import os, pathlib, shutil, sys
home = pathlib.Path({home!r})
with (home / "calls").open("a") as calls:
    print(*sys.argv[1:], file=calls)
word, *rest = sys.argv[1:]
inside = lambda path: home / "container" / path.partition(":")[2].lstrip("/") if ":" in path else pathlib.Path(path)
if word == "info":
    print("Cannot connect to the daemon", file=sys.stderr)
    sys.exit({silent})
elif word == "run":
    (home / "container").mkdir()
    print("c0ffee")
elif word == "rm":
    shutil.rmtree(home / "container")
elif word == "cp":
    shutil.copytree(inside(rest[0]), inside(rest[1]), dirs_exist_ok=True)
elif word == "exec" and "pip" in rest:
    print((home / "container/project/.requirements.txt").read_text())
    print("index:", os.environ.get("PIP_EXTRA_INDEX_URL"))
    if {fails}:
        sys.exit("error: fatal error: zlib.h: No such file or directory")
    made = home / "container/packages/native-1.0.dist-info"
    made.mkdir(parents=True)
    (made / "WHEEL").write_text("Tag: cp311-cp311-linux_x86_64")
"""


class FakeEngine:
    """A `docker` on a PATH of its own; `calls` is what it was asked."""

    def __init__(self, folder: Path, *, silent: bool = False, fails: bool = False) -> None:
        folder.mkdir()
        script = folder / "docker"
        script.write_text(ENGINE.format(python=sys.executable, home=str(folder), silent=int(silent), fails=fails))
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        self.environment = {"PATH": str(folder), "HOME": str(folder)}
        self._folder = folder

    @property
    def calls(self) -> list[str]:
        return (self._folder / "calls").read_text().splitlines()

    @property
    def container_is_gone(self) -> bool:
        return not (self._folder / "container").exists()


def build(
    root: Path, engine: FakeEngine, lines: list[str], python: TargetPython, *apt: str, **environment: str
) -> InstalledPackages:
    requirements = read_requirements(root)
    assert requirements is not None
    return install_native(
        requirements,
        python,
        root / "packages",
        environment=engine.environment | environment,
        on_line=lines.append,
        system_packages=apt,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "lib").mkdir(parents=True)
    (root / "lib/setup.py").touch()
    (root / "secret.txt").touch()
    (root / "constraints.txt").write_text("x<2\n")
    (root / "requirements.txt").write_text("-e ./lib\nnative\n-c constraints.txt\n")
    return root


ARM = TargetPython((3, 11), None, Platform("linux", "aarch64"))


def test_packages_are_built_in_a_container_of_the_targets_python(project: Path, tmp_path: Path) -> None:
    engine, lines = FakeEngine(tmp_path / "engine"), list[str]()
    key = "https://user:key@example.com/simple"
    result = build(project, engine, lines, ARM, "libpq-dev", PIP_EXTRA_INDEX_URL=key)
    assert [each.name for each in result.packages] == ["native"]
    assert "Running 'docker pull --platform linux/arm64 docker.io/library/python:3.11'" in lines
    assert engine.calls[0] == "info"
    assert any(call.startswith("exec c0ffee apt-get install") and call.endswith("libpq-dev") for call in engine.calls)
    assert {"./lib", "native", "-c /project/constraints.txt"} <= set(lines)
    assert "index: https://***@example.com/simple" in lines
    assert not any("user:key" in text for text in (*lines, *engine.calls))
    assert engine.container_is_gone


def test_a_failed_build_ends_with_the_cause_and_removes_the_container(project: Path, tmp_path: Path) -> None:
    engine = FakeEngine(tmp_path / "engine", fails=True)
    with pytest.raises(BuildError, match=r"zlib\.h: No such file") as caught:
        build(project, engine, [], ARM)
    assert not isinstance(caught.value, NativeDependenciesError)
    assert engine.container_is_gone
    assert not (project / "packages").exists()


def test_an_option_cannot_pass_for_a_debian_package(project: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="'--root=/' is not the name of a Debian package"):
        build(project, FakeEngine(tmp_path / "engine"), [], ARM, "--root=/")


def test_requirements_outside_of_the_project_are_named(project: Path, tmp_path: Path) -> None:
    (tmp_path / "shared.txt").write_text("six\n")
    (project / "requirements.txt").write_text("-r ../shared.txt\n")
    with pytest.raises(BuildError, match=r"shared\.txt lies outside of the project"):
        build(project, FakeEngine(tmp_path / "engine"), [], ARM)


def test_a_client_whose_engine_does_not_answer_is_exit_code_4_with_advice(project: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    with pytest.raises(NativeDependenciesError, match="no container engine answers") as caught:
        build(project, FakeEngine(tmp_path / "engine", silent=True), lines, ARM)
    assert int(caught.value.exit_code) == 4
    assert "remote build" in str(caught.value.hint)
    assert lines == ["docker does not answer: Cannot connect to the daemon"]


def test_without_an_engine_this_machine_compiles_for_its_own_python(tmp_path: Path) -> None:
    headers = Path(sysconfig.get_path("include"), "Python.h")
    if shutil.which("cc") is None or not headers.is_file():
        missing(f"compiling needs a C compiler (cc on PATH) and {headers}")
    root = tmp_path / "project"
    (root / "lib").mkdir(parents=True)
    (root / "lib/pyproject.toml").write_text(
        '[project]\nname = "ext"\nversion = "1.0"\n[build-system]\nrequires = ["setuptools"]\n'
        'build-backend = "setuptools.build_meta"\n[tool.setuptools]\n'
        'ext-modules = [{name = "ext", sources = ["ext.c"]}]\n'
    )
    (root / "lib/ext.c").write_text(
        '#include <Python.h>\nstatic struct PyModuleDef m = {PyModuleDef_HEAD_INIT, "ext", 0, -1, 0};\n'
        "PyMODINIT_FUNC PyInit_ext(void) { return PyModule_Create(&m); }\n"
    )
    (root / "requirements.txt").write_text("./lib\n")
    engine = FakeEngine(tmp_path / "engine", silent=True)
    engine.environment = {**os.environ, "PATH": os.pathsep.join((engine.environment["PATH"], os.environ["PATH"]))}
    here = TargetPython(sys.version_info[:2], Path(sys.executable), this_platform())
    lines: list[str] = []
    result = build(root, engine, lines, here)
    assert [each.name for each in result.packages] == ["ext"], lines
    assert list((root / "packages").glob("ext*.so"))
