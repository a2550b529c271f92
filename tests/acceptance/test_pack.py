"""`func pack`: a package that runs elsewhere, and everything that keeps a project from becoming one."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from funchost.deploy.package.unpack import unpack
from funchost.testing import HostProcess
from tests.acceptance.deployed_app import write_wheel
from tests.acceptance.small_app import func, hello_app, write_function, write_settings
from tests.small_disk import MIB, small_disk

BARE: str = sys._base_executable  # type: ignore[attr-defined]
BARE_ENVIRONMENT = {"VIRTUAL_ENV": None, "languageWorkers__python__defaultExecutablePath": BARE}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """An app that needs nothing."""
    root = hello_app(tmp_path / "shop")
    (root / "requirements.txt").touch()
    return root


def names(package: Path) -> list[str]:
    with zipfile.ZipFile(package) as archive:
        return archive.namelist()


def test_a_package_runs_elsewhere_without_installed_packages(tmp_path: Path) -> None:
    app = hello_app(tmp_path / "shop")
    code = (
        "import azure.functions as func\nimport humanize\n"
        "def main(req: func.HttpRequest) -> func.HttpResponse:\n"
        "    return func.HttpResponse(humanize.intcomma(1234567) + ' ' + func.__file__)\n"
    )
    write_function(app, "Number", code, authLevel="anonymous")
    (app / "requirements.txt").write_text("azure-functions\nhumanize==4.9.0\n")
    done = func("pack", "--build", "local", cwd=app, env={**os.environ, "VIRTUAL_ENV": "", "PATH": _bare_path()})
    assert done.returncode == 0, done.stderr
    elsewhere = tmp_path / "elsewhere"
    unpack(Path(done.stdout.strip()), elsewhere)
    shutil.rmtree(app)
    with HostProcess(elsewhere, env=BARE_ENVIRONMENT) as host:
        text = host.get("/api/Number").text
    assert text.startswith("1,234,567 ")
    assert ".python_packages" in text


def _bare_path() -> str:
    return os.pathsep.join((str(Path(BARE).parent), os.environ["PATH"]))


def test_the_package_lies_where_the_command_was_given(app: Path, tmp_path: Path) -> None:
    done = func("pack", "shop", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "shop.zip")
    assert "Validating project..." in done.stderr
    assert f"Creating a new package {tmp_path / 'shop.zip'}" in done.stderr
    assert {"host.json", "Hello/__init__.py", ".python_packages/requirements.txt.md5"} <= set(
        names(tmp_path / "shop.zip")
    )
    assert func("pack", "-o", "../dist", cwd=app).returncode == 0
    assert (tmp_path / "dist/shop.zip").is_file()
    absolute = tmp_path / "absolute"
    assert func("pack", f"--output={absolute}", cwd=app).returncode == 0
    assert (absolute / "shop.zip").is_file()


def test_the_same_project_gives_the_same_bytes_anywhere(app: Path, tmp_path: Path) -> None:
    assert func("pack", "-o", "..", cwd=app).returncode == 0
    first = hashlib.sha256((tmp_path / "shop.zip").read_bytes()).hexdigest()
    (tmp_path / "copy").mkdir()
    shutil.copytree(app, tmp_path / "copy/shop", ignore=shutil.ignore_patterns(".python_packages", ".funchost"))
    os.utime(tmp_path / "copy/shop/host.json", (1, 1))
    assert func("pack", "-o", "..", cwd=tmp_path / "copy/shop").returncode == 0
    assert hashlib.sha256((tmp_path / "copy/shop.zip").read_bytes()).hexdigest() == first


def test_a_project_that_cannot_be_written_to_gives_the_same_package(app: Path, tmp_path: Path) -> None:
    (app / "requirements.txt").write_text(write_wheel(app, "tiny", "1.0") + "\n")
    with small_disk(tmp_path / "disk", 4 * MIB) as disk:
        shutil.copytree(app, disk / "shop")
        assert func("pack", "-o", "..", cwd=app).returncode == 0
        stale = disk / "shop/.python_packages/lib/site-packages"
        stale.mkdir(parents=True)
        (stale / "stale.py").touch()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        before = sorted(disk.rglob("*"))
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        done = func("pack", "-o", str(tmp_path / "dist"), cwd=disk / "shop", env={**os.environ, "TMPDIR": str(scratch)})
        assert done.returncode == 0, done.stderr
        assert "cannot be written to" in done.stderr
        assert sorted(disk.rglob("*")) == before
        assert list(scratch.iterdir()) == []
    assert ".python_packages/lib/site-packages/tiny.py" in names(tmp_path / "dist/shop.zip")
    assert (tmp_path / "dist/shop.zip").read_bytes() == (tmp_path / "shop.zip").read_bytes()


def test_unchanged_requirements_are_not_restored_again(app: Path) -> None:
    (app / "requirements.txt").write_text("six==1.16.0\n")
    line = "Directory .python_packages already in sync with requirements.txt. Skipping restoring dependencies..."
    assert line not in func("pack", cwd=app).stderr
    assert line in func("pack", cwd=app).stderr
    (app / "requirements.txt").write_text("six==1.15.0\n")
    done = func("pack", cwd=app)
    assert line not in done.stderr
    assert "Deleting the old .python_packages directory" in done.stderr


def test_secrets_environments_and_caches_are_never_inside(app: Path, tmp_path: Path) -> None:
    write_settings(app, {"KEY": "secret"})
    for name in ("any-env/pyvenv.cfg", "any-env/lib/x.py", ".git/config", "Hello/__pycache__/a.pyc", "tests/test_a.py"):
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text("secret")
    assert func("pack", "--no-build", "-o", "..", cwd=app).returncode == 0
    assert names(tmp_path / "shop.zip") == [
        "Hello/__init__.py", "Hello/function.json", "host.json", "requirements.txt", "tests/test_a.py",
    ]  # fmt: skip


def test_files_can_be_listed_before_anything_is_done(app: Path) -> None:
    (app / ".funcignore").write_text("*.md\n")
    (app / "README.md").touch()
    included = func("pack", "--list-included-files", cwd=app)
    assert included.returncode == 0
    assert included.stdout.splitlines() == [
        str(app / name) for name in ("Hello/__init__.py", "Hello/function.json", "host.json", "requirements.txt")
    ]
    ignored = func("pack", "--list-ignored-files", cwd=app)
    assert ignored.stdout.splitlines() == [str(app / ".funcignore"), str(app / "README.md")]
    assert not list(app.glob("*.zip"))


def test_no_build_takes_packages_as_they_are_and_a_remote_build_none(app: Path, tmp_path: Path) -> None:
    packages = app / ".python_packages/lib/site-packages"
    packages.mkdir(parents=True)
    (packages / "own.py").touch()
    assert func("pack", "--no-build", "-o", "..", cwd=app).returncode == 0
    assert ".python_packages/lib/site-packages/own.py" in names(tmp_path / "shop.zip")
    assert func("pack", "--build", "remote", "-o", "..", cwd=app).returncode == 0
    assert not any("own.py" in name for name in names(tmp_path / "shop.zip"))


def test_the_parent_of_the_app_names_the_folder_to_take(tmp_path: Path) -> None:
    hello_app(tmp_path / "project/the app")
    done = func("pack", cwd=tmp_path / "project")
    assert done.returncode == 1
    assert "holds no host.json, but these folders below it do: the app" in done.stderr
    assert "--script-root 'the app'" in done.stderr
    assert func("pack", "--script-root", "the app", "--no-build", cwd=tmp_path / "project").returncode == 0


def test_a_package_that_must_be_compiled_is_exit_code_4(app: Path, tmp_path: Path) -> None:
    (app / "requirements.txt").write_text("typed-ast==1.5.4\n")
    done = func("pack", "--python-version", "3.12", cwd=app)
    assert done.returncode == 4
    assert "typed-ast" in done.stderr
    assert "hint: Publish with a remote build" in done.stderr
    assert not list(tmp_path.rglob("*.zip"))


def test_compiling_for_a_machine_that_is_not_here_is_exit_code_4(app: Path) -> None:
    environment = {**os.environ, "PATH": str(Path(sys.executable).parent)}  # without a container engine
    done = func("pack", "--build-native-deps", "--platform", "macos-arm64", cwd=app, env=environment)
    assert done.returncode == 4
    assert "no container engine answers" in done.stderr


def test_packages_of_another_machine_are_worth_a_warning(app: Path) -> None:
    metadata = app / ".python_packages/lib/site-packages/odd-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "WHEEL").write_text("Tag: cp27-cp27m-win32\n")
    done = func("pack", "--no-build", cwd=app)
    assert done.returncode == 0
    assert "odd 1.0 (odd-1.0.dist-info): its wheel is for cp27-cp27m-win32" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--no-build", "--build-native-deps"], 1, "exclude each other"),
        (["missing"], 2, "doesn't exist"),
        (["--platform", "windows"], 2, "is not a platform"),
        (["--python-version", "two"], 2, "is not a version of Python"),
        (["--node"], 1, "makes Python projects"),
        (["--bulid", "local"], 2, "Did you mean --build"),
        (["--output", "host.json"], 1, "cannot hold the package"),
    ],
)
def test_a_wrong_command_says_so(arguments: list[str], code: int, text: str, app: Path) -> None:
    done = func("pack", *arguments, cwd=app)
    assert (done.returncode, text in done.stderr) == (code, True), done.stderr


def test_mixed_models_and_a_missing_list_of_packages_fail_the_validation(app: Path) -> None:
    (app / "requirements.txt").unlink()
    done = func("pack", cwd=app)
    assert done.returncode == 1
    assert "  Validating project structure: FAILED\n    requirements.txt is not found" in done.stderr
    (app / "requirements.txt").touch()
    (app / "other.py").touch()
    write_settings(app, {"PYTHON_SCRIPT_FILE_NAME": "other.py"})
    done = func("pack", cwd=app)
    assert done.returncode == 1
    assert "Cannot mix Python V1 and V2 programming models" in done.stderr
    assert json.loads((app / "host.json").read_text())
