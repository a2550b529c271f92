"""Docker or Podman, if one of them answers; a client on PATH alone builds nothing."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

NAMES = ("docker", "podman")
ANSWER_SECONDS = 15.0


class Engine(NamedTuple):
    """An engine that runs containers.

    Args:
        name: ``docker`` or ``podman``.
        client: its command.
    """

    name: str
    client: Path


def find_engine(environment: Mapping[str, str], timeout: float = ANSWER_SECONDS) -> tuple[Engine | None, list[str]]:
    """Return an engine that answers, and why those whose client is there do not.

    Args:
        environment: PATH, HOME and DOCKER_* count.
        timeout: seconds for an answer.
    """
    silent: list[str] = []
    for name in NAMES:
        client = shutil.which(name, path=environment.get("PATH", ""))
        if client is None:
            continue
        reason = _silence(client, environment, timeout)
        if reason is None:
            return Engine(name, Path(client)), silent
        silent.append(f"{name} does not answer: {reason}")
    return None, silent


def _silence(client: str, environment: Mapping[str, str], timeout: float) -> str | None:
    """Return why an engine does not answer, None if it does."""
    try:
        done = subprocess.run(  # noqa: S603 - found on PATH, asked a question
            [client, "info"],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{error}"
    if done.returncode == 0:
        return None
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return said[-1] if said else f"it ended with {done.returncode}"
