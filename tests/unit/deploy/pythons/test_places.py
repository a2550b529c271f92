from __future__ import annotations

from pathlib import Path

from funchost.deploy.pythons.places import candidates


def executable(path: Path, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    path.chmod(mode)
    return path


def found(home: Path, **environ: str) -> dict[Path, str]:
    listed = candidates({"HOME": str(home), "PATH": "", **environ})
    return {candidate.path: candidate.source for candidate in listed if candidate.path.is_relative_to(home)}


def test_pythons_of_the_usual_version_managers_are_found(tmp_path: Path) -> None:
    places = {
        ".pyenv/versions/3.8.18/bin/python3.8": "pyenv",
        ".asdf/installs/python/3.9.1/bin/python3.9": "asdf",
        ".local/share/uv/python/cpython-3.10.2-linux/bin/python3.10": "uv",
        ".local/share/mise/installs/python/3.11/bin/python3.11": "mise",
        "miniconda3/bin/python3.12": "conda",
        "miniforge3/envs/thirteen/bin/python3.13": "conda",
    }
    made = {executable(tmp_path / path): source for path, source in places.items()}

    assert found(tmp_path) == made


def test_version_managers_are_found_where_their_variables_say(tmp_path: Path) -> None:
    made = {
        executable(tmp_path / "p/versions/3.8.18/bin/python3.8"): "pyenv",
        executable(tmp_path / "a/installs/python/3.9.1/bin/python3.9"): "asdf",
        executable(tmp_path / "u/cpython-3.10/bin/python3.10"): "uv",
        executable(tmp_path / "c/bin/python3.11"): "conda",
    }
    own = {"PYENV_ROOT": "p", "ASDF_DATA_DIR": "a", "UV_PYTHON_INSTALL_DIR": "u", "CONDA_EXE": "c/bin/conda"}

    assert found(tmp_path, **{name: str(tmp_path / path) for name, path in own.items()}) == made


def test_shims_are_passed_over_and_the_installations_beside_them_found(tmp_path: Path) -> None:
    executable(tmp_path / "tools/shims/python3.8")
    real = executable(tmp_path / "tools/versions/3.8.18/bin/python3.8")

    assert found(tmp_path, PATH=str(tmp_path / "tools/shims")) == {real: "pyenv"}


def test_an_executable_with_several_names_is_listed_once_with_its_manager(tmp_path: Path) -> None:
    real = executable(tmp_path / ".pyenv/versions/3.8.18/bin/python3.8")
    (real.parent / "python3").symlink_to("python3.8")
    environment = tmp_path / "environment/bin"
    environment.mkdir(parents=True)
    (environment / "python3").symlink_to(real)

    assert found(tmp_path, PATH=str(environment)) == {real: "pyenv"}


def test_what_is_no_executable_file_is_passed_over(tmp_path: Path) -> None:
    executable(tmp_path / "bin/python3.8", 0o644)
    (tmp_path / "bin/python3.9").mkdir()
    (tmp_path / "bin/python3.10").symlink_to("nothing")
    executable(tmp_path / "bin/python2.7")
    executable(tmp_path / "bin/python3.8-config")

    assert found(tmp_path, PATH=str(tmp_path / "bin")) == {}


def test_relative_entries_of_path_are_passed_over(tmp_path: Path) -> None:
    listed = candidates({"HOME": str(tmp_path), "PATH": "bin:."})

    assert all(candidate.source != "PATH" for candidate in listed)


def test_downloaded_pythons_are_found(tmp_path: Path) -> None:
    real = executable(tmp_path / "downloads/cpython-3.14.0/bin/python3.14")

    listed = candidates({"HOME": str(tmp_path), "PATH": ""}, tmp_path / "downloads")

    assert (real, "downloaded") in listed
