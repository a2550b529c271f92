"""list_files: what of a project is packed, and which files cannot be."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from funchost.deploy.package.archive import project_files
from funchost.deploy.package.project_files import InstalledPackages, ProjectFiles
from funchost.errors import PackageError

AS_IS, BUILT, LEFT_OUT = InstalledPackages.AS_IS, InstalledPackages.BUILT, InstalledPackages.LEFT_OUT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with host.json and a function; outside of it is a secret."""
    (tmp_path / "secret").write_text("x")
    root = tmp_path / "project"
    (root / "Hello").mkdir(parents=True)
    (root / "host.json").write_text("{}")
    (root / "Hello/function.json").write_text("{}")
    return root


def write(root: Path, name: str, text: str = "") -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


def names(files: ProjectFiles) -> list[str]:
    return [file.name for file in files.included]


def refusal(root: Path) -> str:
    with pytest.raises(PackageError) as caught:
        project_files(root, AS_IS)
    assert caught.value.hint is None or ".funcignore" in caught.value.hint
    return caught.value.message


def test_files_come_sorted_with_their_sizes(project: Path) -> None:
    write(project, "a b/ü.txt", "12345")
    files = project_files(project, AS_IS)
    assert names(files) == ["Hello/function.json", "a b/ü.txt", "host.json"]
    assert files.included[1].size == 5


def test_a_virtual_environment_stays_out_whatever_its_name(project: Path) -> None:
    write(project, "my-env/pyvenv.cfg")
    write(project, "my-env/lib/python3.11/site-packages/a.py")
    files = project_files(project, AS_IS)
    assert names(files) == ["Hello/function.json", "host.json"]
    assert files.ignored == ("my-env/",)


def test_tests_are_left_out_by_the_file_alone(project: Path) -> None:
    write(project, "tests/test_a.py")
    assert "tests/test_a.py" in names(project_files(project, AS_IS))
    write(project, ".funcignore", "tests\n")
    files = project_files(project, AS_IS)
    assert "tests/test_a.py" not in names(files)
    assert files.ignored == (".funcignore", "tests/")


def test_installed_packages_go_in_when_they_were_built_or_are_taken_as_they_are(project: Path) -> None:
    write(project, ".python_packages/lib/site-packages/a.py")
    write(project, "lib/.python_packages/b.py")
    inside = ".python_packages/lib/site-packages/a.py"
    assert inside in names(project_files(project, AS_IS))
    assert inside in names(project_files(project, BUILT))
    left_out = project_files(project, LEFT_OUT)
    assert inside not in names(left_out)
    assert "lib/.python_packages/b.py" in names(left_out)
    write(project, ".funcignore", ".python_packages\n")
    assert inside not in names(project_files(project, AS_IS))
    assert inside in names(project_files(project, BUILT))


def test_links_inside_the_project_are_followed(project: Path) -> None:
    write(project, "shared/code.py", "pass")
    (project / "Hello/shared").symlink_to("../shared")
    (project / "code.py").symlink_to(project / "shared/code.py")
    files = project_files(project, AS_IS)
    assert {"Hello/shared/code.py", "code.py", "shared/code.py"} <= set(names(files))
    assert next(file for file in files.included if file.name == "code.py").size == 4


def test_a_link_out_of_the_project_is_refused_by_name(project: Path) -> None:
    (project / "Hello/data").symlink_to("../../secret")
    assert refusal(project) == "'Hello/data' is a link out of the project, to ../../secret."


def test_a_link_to_nowhere_is_refused_by_name(project: Path) -> None:
    (project / "gone").symlink_to("nothing")
    assert refusal(project) == "'gone' is a link to 'nothing', which does not exist."


def test_a_link_to_a_folder_around_it_is_refused(project: Path) -> None:
    (project / "Hello/up").symlink_to("..")
    assert "'Hello/up' is a link to a folder that it lies in" in refusal(project)


def test_ignored_links_do_not_matter(project: Path) -> None:
    (project / "Hello/data").symlink_to("../../secret")
    (project / "gone").symlink_to("nothing")
    write(project, ".funcignore", "data\ngone\n")
    assert names(project_files(project, AS_IS)) == ["Hello/function.json", "host.json"]


def test_a_link_does_not_carry_out_what_is_never_packed(project: Path) -> None:
    write(project, "local.settings.json", '{"Values": {"KEY": "secret"}}')
    write(project, ".git/config", "")
    (project / "settings.json").symlink_to("local.settings.json")
    (project / "history").symlink_to(".git")
    files = project_files(project, AS_IS)
    assert names(files) == ["Hello/function.json", "host.json"]
    assert {"settings.json", "history"} <= set(files.ignored)


def test_a_named_pipe_and_a_socket_are_refused_by_name(project: Path) -> None:
    os.mkfifo(project / "pipe")
    assert refusal(project) == "'pipe' is a named pipe, which cannot be packed."
    write(project, ".funcignore", "pipe\n")
    here = Path.cwd()
    os.chdir(project)  # a socket's path must be short
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("s")
            assert refusal(project) == "'s' is a socket, which cannot be packed."
    finally:
        os.chdir(here)


def test_a_name_that_is_not_utf_8_is_refused(project: Path) -> None:
    (project / os.fsdecode(b"caf\xe9.txt")).touch()
    assert "is not UTF-8" in refusal(project)


@pytest.mark.parametrize("name", ["a\\b.py", "a\nb.py", "C:a.py"])
def test_a_name_that_no_package_may_hold_is_refused(name: str, project: Path) -> None:
    (project / name).touch()
    with pytest.raises(PackageError, match="cannot be the name of a file in a package") as refused:
        project_files(project, AS_IS)
    assert refused.value.hint == "Rename it, or leave it out with a line in .funcignore."


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_cannot_be_read_is_refused_by_name(project: Path) -> None:
    (project / "Hello").chmod(0)
    try:
        assert "'Hello/' cannot be read" in refusal(project)
    finally:
        (project / "Hello").chmod(0o755)


def test_the_package_itself_stays_out(project: Path) -> None:
    write(project, "project.zip", "old")
    assert "project.zip" not in names(project_files(project, AS_IS, project / "project.zip"))
