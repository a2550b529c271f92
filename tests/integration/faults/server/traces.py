"""What a server and its apps have on the machine: processes, files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from funchost.platform.data_directory import DataDirectory
from funchost.testing import ServerProcess


def processes_of(folder: Path) -> dict[int, str]:
    """Return the command lines of processes that name the folder: in arguments, environment or working directory.

    That finds the server whose data is there, instances, workers and builds, whoever their parents are; not a process
    that waits to become an instance.
    """
    mark = os.fsencode(folder)
    return {pid: command for pid, command in _commands(mark) if pid != os.getpid()}


def _commands(mark: bytes) -> Iterator[tuple[int, str]]:
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        with suppress(OSError):  # ended meanwhile, or somebody else's
            command = (process / "cmdline").read_bytes()
            place = os.fsencode(os.readlink(process / "cwd"))
            if command and any(mark in text for text in (command, place, (process / "environ").read_bytes())):
                yield int(process.name), command.replace(b"\0", b" ").decode(errors="replace")


def resident(pid: int) -> int:
    """Return MiB of memory that a process uses now."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS:"))


def versions(server: ServerProcess) -> set[str]:
    """Return the names of the folders of versions, half ones included."""
    return _names(DataDirectory(server.data).versions)


def uploads_and_builds(server: ServerProcess) -> set[str]:
    return _names(DataDirectory(server.data).scratch)


def instance_folders(server: ServerProcess) -> set[str]:
    return _names(DataDirectory(server.data).instances)


def packages(server: ServerProcess) -> set[str]:
    return _names(DataDirectory(server.data).packages)


def app_log(server: ServerProcess, label: str) -> str:
    """Return what a site's log holds now."""
    folder = server.data / "sites" / label / "logs"
    return "".join(file.read_text(errors="replace") for file in sorted(folder.glob("app.log*"), reverse=True))


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()
