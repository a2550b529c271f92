"""The command lines of uv and pip, and what of the environment they see."""

from __future__ import annotations

from pathlib import Path

import pytest

from funchost.deploy.dependencies import Platform, TargetPython
from funchost.deploy.dependencies.pip import foreign, plain_lines
from funchost.deploy.dependencies.pip_settings import installer_environment, uv_environment, without_index
from funchost.deploy.dependencies.requirements import Requirements, Source, read_requirements
from funchost.deploy.dependencies.uv import platform_name
from funchost.errors import BuildError

LINUX, ARM, MAC = Platform("linux", "x86_64"), Platform("linux", "aarch64"), Platform("macos", "aarch64")


@pytest.mark.parametrize(
    ("platform", "name"),
    [(LINUX, "x86_64-manylinux_2_28"), (ARM, "aarch64-manylinux_2_28"), (MAC, "aarch64-apple-darwin")],
)
def test_uv_knows_platforms_by_other_names(platform: Platform, name: str) -> None:
    assert platform_name(TargetPython((3, 11), None, platform)) == name


def test_pip_takes_wheels_of_another_python_from_the_newest_c_library_down() -> None:
    options = foreign(TargetPython((3, 11), None, ARM))
    places = [value for option, value in zip(options, options[1:], strict=False) if option == "--platform"]
    assert places[0] == "manylinux_2_28_aarch64"
    assert places[-1] == "manylinux1_aarch64"
    assert ["--python-version", "3.11"] == options[:2]
    assert "cp37m" in foreign(TargetPython((3, 7), None, LINUX))
    assert "macosx_11_0_arm64" in foreign(TargetPython((3, 12), None, MAC))


def test_pip_settings_are_handed_to_uv() -> None:
    said = uv_environment(
        {
            "PIP_INDEX_URL": "https://a.example/simple",
            "PIP_EXTRA_INDEX_URL": "https://user:key@b.example/simple https://c.example/simple",
            "PIP_CERT": "/etc/ssl/own.pem",
            "PIP_FIND_LINKS": "/does/not/exist https://d.example/",
            "PIP_PRE": "true",
        }
    )
    assert said == {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_DEFAULT_INDEX": "https://a.example/simple",
        "UV_EXTRA_INDEX_URL": "https://user:key@b.example/simple https://c.example/simple",
        "SSL_CERT_FILE": "/etc/ssl/own.pem",
        "UV_FIND_LINKS": "https://d.example/",
        "UV_PRERELEASE": "allow",
    }


def test_no_index_is_an_option_for_uv() -> None:
    assert without_index({"PIP_NO_INDEX": "true"})
    assert not without_index({"PIP_NO_INDEX": "0"})
    assert not without_index({})


def test_what_is_set_for_uv_itself_wins() -> None:
    environment = {"PIP_INDEX_URL": "https://a.example", "UV_INDEX_URL": "https://b.example"}
    assert uv_environment(environment | {"UV_INDEX_STRATEGY": "first-index"}) == {}


def test_installers_do_not_see_another_environments_python() -> None:
    environment = {"VIRTUAL_ENV": "/a", "PYTHONPATH": "/b", "PYTHONHOME": "/c", "PATH": "/bin", "HTTPS_PROXY": "p"}
    seen = installer_environment(environment)
    assert not {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"} & seen.keys()
    assert (seen["PATH"], seen["HTTPS_PROXY"], seen["NO_COLOR"]) == ("/bin", "p", "1")


def test_pip_gets_one_list_without_editable_links(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "c.txt").write_text("six<2\n")
    (tmp_path / "more.txt").write_text("idna \\\n  --hash=sha256:1\n-r requirements.txt\n")
    (tmp_path / "requirements.txt").write_bytes(b"\xef\xbb\xbf-e ./lib # local\r\n-r more.txt\r\n-c c.txt\r\n")
    requirements = read_requirements(tmp_path)
    assert requirements is not None
    assert plain_lines(requirements) == ["./lib", "idna    --hash=sha256:1", f"-c {tmp_path.resolve()}/c.txt"]


def test_pip_can_read_a_plain_pyproject_and_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    assert plain_lines(Requirements(tmp_path, Source.PROJECT, (path,), listed=("six",))) == ["six"]
    with pytest.raises(BuildError, match=r"uv\.lock can be read by uv only"):
        plain_lines(Requirements(tmp_path, Source.LOCK, (path, tmp_path / "uv.lock")))
