"""Packages from the index, installed by uv and by pip for Pythons that are here and that are not."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from funchost.deploy.dependencies import (
    InstalledPackages,
    Platform,
    TargetPython,
    check_platform,
    install,
    read_requirements,
)
from funchost.deploy.dependencies.installer import Installer
from funchost.deploy.dependencies.pip import Pip
from funchost.deploy.dependencies.uv import find_uv
from funchost.errors import BuildError, NativeDependenciesError
from tests.interpreters import Interpreter, find_interpreters

LINUX, ARM = Platform("linux", "x86_64"), Platform("linux", "aarch64")
HERE = TargetPython(sys.version_info[:2], Path(sys.executable))


def run(
    root: Path,
    text: str,
    python: TargetPython = HERE,
    installer: Installer | None = None,
    lines: list[str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> InstalledPackages:
    """Install what a requirements.txt asks for into root/packages."""
    if text:
        (root / "requirements.txt").write_text(text)
    requirements = read_requirements(root)
    assert requirements is not None
    return install(
        requirements,
        python,
        root / "packages",
        wheels_only=True,
        environment={**os.environ, **(environment or {})},
        on_line=(lines if lines is not None else []).append,
        installer=installer,
    )


def names(installed: InstalledPackages) -> list[str]:
    return [f"{each.name}=={each.version}" for each in installed.packages]


@pytest.mark.parametrize("found", [find_interpreters()[0], find_interpreters()[-1]], ids=lambda found: found.name)
def test_packages_of_the_oldest_and_the_newest_python_here(found: Interpreter, tmp_path: Path) -> None:
    target = TargetPython(found.version[:2], found.path)
    assert names(run(tmp_path, "six==1.16.0\n", target)) == ["six==1.16.0"]
    code = "import six; print(six.__version__)"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "packages")}
    said = subprocess.run([found.path, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "1.16.0"


def test_compiled_packages_of_a_python_and_a_machine_that_are_not_here(tmp_path: Path) -> None:
    target = TargetPython((3, 9), None, ARM)
    assert names(run(tmp_path, "MarkupSafe==2.1.5\n", target)) == ["MarkupSafe==2.1.5"]
    assert list((tmp_path / "packages").rglob("_speedups.cpython-39-aarch64-linux-gnu.so"))
    check_platform(tmp_path / "packages", target)
    with pytest.raises(
        BuildError, match=r"MarkupSafe 2\.1\.5 \(markupsafe/_speedups\..*\.so\): its wheel is for cp39-cp39-manylinux"
    ):
        check_platform(tmp_path / "packages", TargetPython((3, 9), None, LINUX))


def test_pure_python_without_a_wheel_is_built(tmp_path: Path) -> None:
    assert names(run(tmp_path, "docopt==0.6.2\nsix\n"))[0] == "docopt==0.6.2"


def test_a_package_that_must_be_compiled_is_named(tmp_path: Path) -> None:
    with pytest.raises(NativeDependenciesError, match=r"typed-ast.* has no wheel for Python 3\.\d+ on"):
        run(tmp_path, "typed-ast==1.5.4\n", TargetPython((3, 12), None, LINUX))


def test_local_projects_are_copied_not_linked(tmp_path: Path) -> None:
    (tmp_path / "lib/mine").mkdir(parents=True)
    (tmp_path / "lib/mine/__init__.py").write_text("x = 1\n")
    (tmp_path / "lib/pyproject.toml").write_text('[project]\nname = "mine"\nversion = "1.0"\n')
    assert names(run(tmp_path, "-e ./lib\n")) == ["mine==1.0"]
    installed = tmp_path / "packages"
    assert (installed / "mine/__init__.py").is_file()
    assert not any(str(tmp_path) in path.read_text() for path in installed.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "files",
    [
        {"setup.py": "import setuptools\nNAME = 'mine'\nsetuptools.setup(name=NAME, version='1.0', packages=[NAME])\n"},
        {
            "setup.py": "import setuptools\nsetuptools.setup()\n",
            "setup.cfg": "[metadata]\nname = mine\nversion = 1.0\n[options]\npackages = mine\n",
        },
    ],
    ids=["setup.py", "setup.cfg"],
)
def test_local_projects_without_a_pyproject_are_built(files: Mapping[str, str], tmp_path: Path) -> None:
    (tmp_path / "lib/mine").mkdir(parents=True)
    (tmp_path / "lib/mine/__init__.py").write_text("x = 1\n")
    for name, text in files.items():
        (tmp_path / "lib" / name).write_text(text)
    assert names(run(tmp_path, "-e ./lib\nMarkupSafe==2.1.5\n")) == ["MarkupSafe==2.1.5", "mine==1.0"]
    assert (tmp_path / "packages/mine/__init__.py").is_file()


def test_a_local_project_without_a_pyproject_that_must_be_compiled_is_named(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/mine.c").write_text("int mine;\n")
    (tmp_path / "lib/setup.py").write_text(
        "import setuptools\nparts = [setuptools.Extension('mine', ['mine.c'])]\n"
        "setuptools.setup(name='mine', version='1.0', ext_modules=parts)\n"
    )
    with pytest.raises(NativeDependenciesError, match=r"mine.* has no wheel for Python 3\.\d+ on"):
        run(tmp_path, "./lib\n")


def test_pip_installs_the_same_where_there_is_no_uv(tmp_path: Path) -> None:
    found = next(each for each in reversed(find_interpreters()) if each.can_make_venv)
    (tmp_path / "lib/mine").mkdir(parents=True)
    (tmp_path / "lib/mine/__init__.py").write_text("x = 1\n")
    (tmp_path / "lib/pyproject.toml").write_text('[project]\nname = "mine"\nversion = "1.0"\n')
    target = TargetPython(found.version[:2], found.path)
    result = run(tmp_path, "-e ./lib\nsix==1.16.0\n", target, Pip())
    assert (names(result), result.installer) == (["mine==1.0", "six==1.16.0"], "pip")
    assert (tmp_path / "packages/mine/__init__.py").is_file()


def test_a_hash_that_does_not_fit_fails(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="Hash mismatch for `six==1.16.0`"):
        run(tmp_path, f"six==1.16.0 --hash=sha256:{'0' * 64}\n")


def test_with_one_hash_every_package_needs_one(tmp_path: Path) -> None:
    good = "sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254"
    assert names(run(tmp_path, f"six==1.16.0 --hash={good}\n")) == ["six==1.16.0"]
    with pytest.raises(BuildError, match="hash"):
        run(tmp_path, f"six==1.16.0 --hash={good}\nidna==3.4\n")


def test_versions_that_exclude_one_another_are_explained(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"requests==2\.19\.1 depends on urllib3"):
        run(tmp_path, "requests==2.19.1\nurllib3==1.26\n")


def test_without_a_network_that_is_the_cause(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), nowhere)
    environment = proxies | {"NO_PROXY": "", "no_proxy": "", "UV_HTTP_RETRIES": "0"}
    with pytest.raises(BuildError, match="the package index cannot be reached"):
        run(tmp_path, "a-package-nobody-has-cached\n", environment=environment)


def test_credentials_of_an_index_are_in_no_line(tmp_path: Path) -> None:
    lines: list[str] = []
    index = "https://user:s3cret@127.0.0.1:9/simple"
    environment = {"PIP_INDEX_URL": index, "UV_HTTP_RETRIES": "0", "NO_PROXY": "*", "UV_DEFAULT_INDEX": ""}
    with pytest.raises(BuildError) as caught:
        run(tmp_path, "a-package-nobody-has-cached\n", lines=lines, environment=environment)
    assert "127.0.0.1:9" in caught.value.message
    assert not any("s3cret" in text for text in (*lines, caught.value.message))


def test_a_lock_is_followed_and_must_be_current(tmp_path: Path) -> None:
    project = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.8"\ndependencies = ["six<1.17"{}]\n'
    (tmp_path / "pyproject.toml").write_text(project.format(""))
    uv = find_uv(os.environ)
    assert uv is not None
    subprocess.run([uv, "lock", "--quiet"], cwd=tmp_path, check=True, timeout=60)
    assert names(run(tmp_path, "")) == ["six==1.16.0"]
    (tmp_path / "pyproject.toml").write_text(project.format(', "idna"'))
    with pytest.raises(BuildError, match=r"uv\.lock. needs to be updated"):
        run(tmp_path, "")
    (tmp_path / "uv.lock").unlink()
    assert [name.partition("==")[0] for name in names(run(tmp_path, ""))] == ["idna", "six"]


@pytest.fixture
def private_index(tmp_path: Path) -> Iterator[str]:
    """The address of an index that has one package, which no other has."""
    folder = tmp_path / "index/simple/a-private-thing"
    folder.mkdir(parents=True)
    metadata = "a_private_thing-1.0.dist-info"
    with zipfile.ZipFile(folder / "a_private_thing-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("a_private_thing.py", "x = 1\n")
        wheel.writestr(f"{metadata}/METADATA", "Metadata-Version: 2.1\nName: a-private-thing\nVersion: 1.0\n")
        wheel.writestr(f"{metadata}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{metadata}/RECORD", "")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "index"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/simple"
        finally:
            server.shutdown()
            thread.join()


NO_PROXY = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def test_an_extra_index_is_asked_too(private_index: str, tmp_path: Path) -> None:
    text = f"--extra-index-url {private_index}\na-private-thing\nsix==1.16.0\n"
    result = run(tmp_path, text, environment=NO_PROXY)
    assert names(result) == ["a-private-thing==1.0", "six==1.16.0"]


def test_the_setting_that_pip_has_for_an_extra_index_counts(private_index: str, tmp_path: Path) -> None:
    result = run(tmp_path, "a-private-thing\n", environment={**NO_PROXY, "PIP_EXTRA_INDEX_URL": private_index})
    assert names(result) == ["a-private-thing==1.0"]
