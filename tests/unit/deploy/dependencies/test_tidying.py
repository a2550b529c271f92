"""tidy: installed packages do not name the machine they were installed on."""

from __future__ import annotations

from pathlib import Path

from funchost.deploy.dependencies.tidying import tidy


def test_what_names_this_machine_goes(tmp_path: Path) -> None:
    metadata = tmp_path / "a-1.0.dist-info"
    metadata.mkdir()
    (tmp_path / ".lock").touch()
    (metadata / "uv_cache.json").write_text("{}")
    (metadata / "direct_url.json").write_text('{"url": "file:///home/me/lib"}')
    (metadata / "METADATA").touch()
    tidy(tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["METADATA"]


def test_the_address_of_a_repository_stays(tmp_path: Path) -> None:
    metadata = tmp_path / "a-1.0.dist-info"
    metadata.mkdir()
    (metadata / "direct_url.json").write_text('{"url": "https://example.com/a.git"}')
    tidy(tmp_path)
    assert (metadata / "direct_url.json").exists()


def test_scripts_start_any_python(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/tool").write_bytes(b"#!/home/me/.venv/bin/python3.11\nimport sys\n")
    (tmp_path / "bin/binary").write_bytes(b"\x7fELF")
    (tmp_path / "bin/shell").write_bytes(b"#!/bin/sh\nexec python\n")
    tidy(tmp_path)
    assert (tmp_path / "bin/tool").read_bytes() == b"#!/usr/bin/env python3\nimport sys\n"
    assert (tmp_path / "bin/binary").read_bytes() == b"\x7fELF"
    assert (tmp_path / "bin/shell").read_bytes() == b"#!/bin/sh\nexec python\n"


def test_the_list_of_files_does_not_name_this_machine_either(tmp_path: Path) -> None:
    metadata = tmp_path / "a-1.0.dist-info"
    metadata.mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/tool").write_bytes(b"#!/home/me/.venv/bin/python3.11\nimport sys\n")
    (metadata / "direct_url.json").write_text('{"url": "file:///home/me/lib"}')
    notes = "a-1.0.dist-info/uv_cache.json,sha256=x,1\na-1.0.dist-info/direct_url.json,sha256=y,2\n"
    (metadata / "RECORD").write_text(f"a.py,sha256=z,3\n{notes}bin/tool,sha256=w,4\na-1.0.dist-info/RECORD,,\n")
    tidy(tmp_path)
    assert (metadata / "RECORD").read_text() == "a.py,sha256=z,3\nbin/tool,,\na-1.0.dist-info/RECORD,,\n"
