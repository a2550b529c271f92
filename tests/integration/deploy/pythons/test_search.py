"""The search for Pythons on a real machine: what runs these tests is found, what only looks like a Python is not."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from funchost.deploy.pythons import PythonCatalogue
from funchost.deploy.pythons.download import Download
from funchost.deploy.pythons.examination import examine
from funchost.deploy.pythons.places import Candidate
from funchost.errors import RefusedError
from funchost.workers.probe import ProbeError

OWN = f"3.{sys.version_info.minor}"


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_the_python_that_runs_the_tests_is_found_outside_its_virtual_environment() -> None:
    found = asyncio.run(PythonCatalogue(dict(os.environ)).find(OWN))

    command = [str(found.path), "-I", "-c", "import sys; print(sys.prefix == sys.base_prefix, *sys.version_info[:3])"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert said == ["True", *map(str, found.version)]


def test_what_is_found_can_be_started_and_is_what_it_says() -> None:
    installed = asyncio.run(PythonCatalogue(dict(os.environ)).installed())

    assert OWN in [each.minor for each in installed]
    assert [each.version for each in installed] == sorted(each.version for each in installed)
    for each in installed:
        assert examine(Candidate(each.path, each.source), {}) == each


def test_a_virtual_environment_is_no_installation(tmp_path: Path) -> None:
    environment = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--copies", "--without-pip", str(environment)], check=True)

    with pytest.raises(ProbeError, match="belongs to a virtual environment"):
        examine(Candidate(environment / "bin" / "python3", "PATH"), {})


def test_broken_ones_are_passed_over(tmp_path: Path) -> None:
    for number, text in enumerate(
        ("#!/no/such/interpreter\n", "#!/bin/sh\nexit 127\n", "#!/bin/sh\necho hello\n", "\0")
    ):
        script(tmp_path / f"bin/python3.{number + 6}", text)
    catalogue = PythonCatalogue({"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)})

    installed = asyncio.run(catalogue.installed())

    assert not [each for each in installed if each.path.is_relative_to(tmp_path)]


def test_a_wrapper_leads_to_the_real_one(tmp_path: Path) -> None:
    real = Path(sys.base_prefix).resolve() / "bin" / f"python{OWN}"
    wrapper = script(tmp_path / "python3", f'#!/bin/sh\nexec {real} "$@"\n')

    assert examine(Candidate(wrapper, "PATH"), {}).path == real.resolve()


def fake_uv(folder: Path, text: str) -> Download:
    uv = script(folder / "uv", f"#!/bin/sh\n{text}\n")
    return Download(folder / "downloads", uv, {"PATH": os.defpath}, timeout=60)


def catalogue_without_pythons(folder: Path, download: Download) -> PythonCatalogue:
    """A catalogue that sees only what was downloaded."""

    def search() -> list[Candidate]:
        return [Candidate(path, "downloaded") for path in sorted(download.folder.glob("*/bin/python3.*"))]

    return PythonCatalogue({"HOME": str(folder)}, download=download, search=search)


def test_a_missing_version_is_downloaded_where_that_is_allowed(tmp_path: Path) -> None:
    real = Path(sys.base_prefix).resolve() / "bin" / f"python{OWN}"
    text = f"""
        [ "$*" = "python install --no-config --no-bin --install-dir {tmp_path}/downloads {OWN}" ] || exit 9
        mkdir -p {tmp_path}/downloads/cpython/bin
        printf '#!/bin/sh\\nexec {real} "$@"\\n' > {tmp_path}/downloads/cpython/bin/python{OWN}
        chmod 755 {tmp_path}/downloads/cpython/bin/python{OWN}
    """
    catalogue = catalogue_without_pythons(tmp_path, fake_uv(tmp_path, text))

    found = asyncio.run(catalogue.find(OWN))

    assert found.minor == OWN


def test_a_download_that_fails_is_a_refusal_with_what_uv_said(tmp_path: Path) -> None:
    download = fake_uv(tmp_path, "echo 'error: no network' >&2; exit 2")

    with pytest.raises(
        RefusedError, match="could not be downloaded: uv said: error: no network There are: none"
    ) as caught:
        asyncio.run(catalogue_without_pythons(tmp_path, download).find("3.12"))
    assert caught.value.status == 400


def test_a_download_that_hangs_is_ended(tmp_path: Path) -> None:
    uv = script(tmp_path / "uv", "#!/bin/sh\nexec sleep 600\n")
    download = Download(tmp_path / "downloads", uv, {"PATH": os.defpath}, timeout=0.2)

    assert asyncio.run(download.get("3.12")) == "uv was not done after 0.2 seconds"


def test_a_uv_that_is_not_there_is_named(tmp_path: Path) -> None:
    download = Download(tmp_path, tmp_path / "uv", {})

    assert "No such file" in str(asyncio.run(download.get("3.12")))
