"""What an author is told who has forgotten to install the app's packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import funchost_worker

CODE = """
import sys
from funchost_worker.import_hint import import_hint
try:
    import not_installed_anywhere
except ImportError as error:
    print(import_hint(error, sys.argv[1]))
"""


def hint(root: Path, environment: str) -> str:
    env = {
        "AZURE_FUNCTIONS_ENVIRONMENT": environment,
        "PYTHONPATH": str(Path(funchost_worker.__file__).parents[1]),
    }
    done = subprocess.run([sys.executable, "-c", CODE, root], env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_on_the_authors_machine_the_hint_says_how_to_install_what_is_listed(tmp_path: Path) -> None:
    command = f"{sys.executable} -m pip install -r requirements.txt"
    assert command not in hint(tmp_path, "Development")
    (tmp_path / "requirements.txt").write_text("not_installed_anywhere\n")
    assert hint(tmp_path, "Development").endswith(f"To install what requirements.txt lists for this Python: {command}")
    assert command not in hint(tmp_path, "Production")
