"""Download: gets a Python that the machine lacks, with uv. Off unless the server's owner allows it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

_TIMEOUT = 300.0
_SAID = 400
_PASSABLE = 0o711


class Download:
    """Gets builds of python-build-standalone into a folder of the server.

    Args:
        folder: where they go, one folder each.
        uv: the uv executable.
        environ: its whole environment; a proxy or a mirror (``UV_PYTHON_INSTALL_MIRROR``) is taken from it.
        timeout: seconds that one download may take.
    """

    def __init__(self, folder: Path, uv: Path, environ: Mapping[str, str], timeout: float = _TIMEOUT) -> None:
        self.folder = folder
        self._uv = uv
        self._environ = dict(environ)
        self._timeout = timeout

    async def get(self, version: str) -> str | None:
        """Download the newest patch of a version; returns why that failed, None if it did not.

        Args:
            version: e.g. ``3.11``.
        """
        command = (self._uv, "python", "install", "--no-config", "--no-bin", "--install-dir", self.folder, version)
        try:
            await asyncio.to_thread(self._make_folder)
            process = await asyncio.create_subprocess_exec(
                *command,
                env=self._environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
        except OSError as error:
            return f"{error.filename or self._uv}: {error.strerror}"
        try:
            output, _ = await asyncio.wait_for(process.communicate(), self._timeout)
        except TimeoutError:
            return f"uv was not done after {self._timeout:g} seconds"
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode == 0:
            return None
        said = " ".join(output.decode("utf-8", "replace").split())
        return f"uv said: {said[-_SAID:]}" if said else f"uv exited with code {process.returncode}"

    def _make_folder(self) -> None:
        """Make the folder so that accounts of builds get to its Pythons."""
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(_PASSABLE)
