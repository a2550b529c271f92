"""Asking real executables."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from funchost.testing import eventually
from funchost.testing.process_tree import is_alive
from funchost.workers.interpreter import choose_interpreter
from funchost.workers.probe import ProbeError, probe_interpreter


def script(path: Path, text: str, mode: int = 0o755) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return str(path)


def test_a_python_says_its_version(tmp_path: Path) -> None:
    probed = probe_interpreter(sys.executable, tmp_path, {})

    assert probed.version == sys.version_info[:3]
    assert probed.virtual_env == (sys.prefix != sys.base_prefix)
    assert os.path.samefile(probed.executable, sys.executable)


def test_a_virtual_environment_is_recognised(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / ".venv")], check=True, timeout=60)

    interpreter, passed = choose_interpreter(tmp_path, None, {})

    assert interpreter.path == str(tmp_path / ".venv" / "bin" / "python3")
    assert interpreter.virtual_env
    assert passed == ()


def test_a_shim_that_exits_says_what_it_said(tmp_path: Path) -> None:
    shim = script(tmp_path / "python3", '#!/bin/sh\necho "pyenv: python3: command not found" >&2\nexit 127\n')

    with pytest.raises(ProbeError, match="exited with code 127: pyenv: python3: command not found"):
        probe_interpreter(shim, tmp_path, {"PATH": os.defpath})


def test_a_dangling_environment_names_its_target(tmp_path: Path) -> None:
    python = tmp_path / ".venv" / "bin" / "python3"
    python.parent.mkdir(parents=True)
    python.symlink_to("/gone/bin/python3")
    real = tmp_path / "bin" / "python3"
    real.parent.mkdir()
    real.symlink_to(sys.executable)

    interpreter, passed = choose_interpreter(tmp_path, None, {"PATH": str(real.parent)})

    assert interpreter.reason == "python3 on PATH"
    assert passed == (
        f"Passed over {python} (.venv in the project): it is a link to /gone/bin/python3, which does not exist.",
    )


def test_one_that_cannot_be_executed_says_why(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match="cannot be started: Permission denied"):
        probe_interpreter(script(tmp_path / "python3", "#!/bin/sh\n", 0o644), tmp_path, {})
    with pytest.raises(ProbeError, match="cannot be started: No such file"):
        probe_interpreter(str(tmp_path / "nothing"), tmp_path, {})


def test_something_else_is_no_python(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match="does not answer like Python: 'hello'"):
        probe_interpreter(script(tmp_path / "python3", "#!/bin/sh\necho hello\n"), tmp_path, {})


def test_one_that_hangs_is_given_up_with_its_children(tmp_path: Path) -> None:
    shim = script(tmp_path / "python3", "#!/bin/sh\nsleep 60 &\necho $! > child.pid\nsleep 60\n")

    with pytest.raises(ProbeError, match=r"did not answer within 3 seconds"):
        probe_interpreter(shim, tmp_path, {"PATH": os.defpath}, timeout=3.0)  # time enough to start the child

    child = int((tmp_path / "child.pid").read_text(encoding="ascii"))
    eventually(lambda: not is_alive(child), 30)  # by itself it ends after 60
