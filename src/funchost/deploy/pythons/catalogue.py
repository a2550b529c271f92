"""PythonCatalogue: finds the Python that an app asks for among those of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from funchost.deploy.pythons.download import Download
from funchost.deploy.pythons.examination import examine
from funchost.deploy.pythons.installation import Installation
from funchost.deploy.pythons.places import Candidate, candidates
from funchost.deploy.pythons.versions import check_pair, functions_version, python_version, valid_pythons
from funchost.errors import RefusedError
from funchost.workers.probe import ProbeError

_AT_ONCE = 4
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")

Search = Callable[[], Sequence[Candidate]]
Examine = Callable[[Candidate], Installation]


class PythonCatalogue:
    """The Pythons of this machine, one of each minor version: that with the newest patch.

    What was found is kept; the machine is searched again when a version is not there or has gone.

    Args:
        environ: of the server; says where to look.
        download: how to get versions that the machine lacks; None = they are refused.
        search: for tests: lists the executables that may be Pythons.
        examine: for tests: tells what one is; raises ProbeError.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        download: Download | None = None,
        search: Search | None = None,
        examine: Examine | None = None,
    ) -> None:
        passed_on = {name: environ[name] for name in _PASSED_ON if name in environ}
        folder = download.folder if download else None
        self._download = download
        self._search = search or (lambda: candidates(environ, folder))
        self._examine = examine or (lambda candidate: _examine(candidate, passed_on))
        self._known: dict[tuple[Path, int], Installation | ProbeError] = {}
        self._installed: dict[str, Installation] | None = None
        self._scanning = asyncio.Lock()
        self._downloading = asyncio.Lock()
        self._begun = 0

    async def installed(self) -> Sequence[Installation]:
        """Return one Python of each minor version, oldest first."""
        return _sorted((await self._kept()).values())

    async def find(self, version: str) -> Installation:
        """Return the Python of a version, e.g. ``3.11``; one that is missing is downloaded if that is allowed.

        Raises:
            RefusedError: it is no such version, or the machine lacks it; lists what is there.
        """
        wanted = python_version(version)
        known = (await self._kept()).get(wanted)
        if known is not None and await asyncio.to_thread(known.path.is_file):
            return known
        found, failure = await self._scan(), None
        if wanted not in found and self._download is not None:
            async with self._downloading:
                failure = await self._download.get(wanted)
            found = await self._scan()
        if wanted in found:
            return found[wanted]
        raise _missing(wanted, _sorted(found.values()), failure)

    async def default(self, functions: str) -> Installation:
        """Return the newest Python of this machine that a version of the Functions runtime takes.

        Args:
            functions: ``4`` or ``~4``.

        Raises:
            RefusedError: there is none, or no such version of the runtime.
        """
        valid = valid_pythons(functions)
        installed = await self.installed()
        for installation in reversed(installed):
            if installation.minor in valid:
                return installation
        raise RefusedError(
            "BadRequest",
            f"Azure Functions version {functions_version(functions)} takes Python {', '.join(valid)}; this machine has"
            f" {_listed(installed)}.",
            400,
        )

    @staticmethod
    def check_pair(functions: str, python: str) -> None:
        """See versions.check_pair."""
        check_pair(functions, python)

    async def _kept(self) -> dict[str, Installation]:
        """Return what the last search has found."""
        if self._installed is None:
            async with self._scanning:
                if self._installed is None:
                    self._installed = await asyncio.to_thread(self._look)
        return self._installed

    async def _scan(self) -> dict[str, Installation]:
        """Search the machine; those who ask while somebody does get an answer that began after they asked."""
        asked = self._begun
        async with self._scanning:
            if self._begun == asked:
                self._begun += 1
                self._installed = await asyncio.to_thread(self._look)
        return await self._kept()

    def _look(self) -> dict[str, Installation]:
        """Search the machine; only executables that are new or have changed are started."""
        keys = [(candidate, (candidate.path, _stamp(candidate.path))) for candidate in self._search()]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            answers = threads.map(self._ask, [candidate for candidate, key in keys if key not in self._known])
            new = dict(zip([key for _, key in keys if key not in self._known], answers, strict=True))
        self._known = {key: new[key] if key in new else self._known[key] for _, key in keys}
        return newest_patches(answer for answer in self._known.values() if isinstance(answer, Installation))

    def _ask(self, candidate: Candidate) -> Installation | ProbeError:
        try:
            return self._examine(candidate)
        except ProbeError as error:
            return error


def newest_patches(installations: Iterable[Installation]) -> dict[str, Installation]:
    """Return the newest installation of each minor version; of equals the one that stands first."""
    best: dict[str, Installation] = {}
    for installation in installations:
        known = best.get(installation.minor)
        if known is None or installation.version > known.version:
            best[installation.minor] = installation
    return best


def _examine(candidate: Candidate, environ: Mapping[str, str]) -> Installation:
    return examine(candidate, environ)


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # it has gone since it was listed; starting it will tell
        return 0


def _sorted(found: Iterable[Installation]) -> list[Installation]:
    return sorted(found, key=lambda installation: installation.version)


def _listed(found: Sequence[Installation]) -> str:
    return ", ".join(installation.release for installation in found) or "none"


def _missing(wanted: str, found: Sequence[Installation], failure: str | None) -> RefusedError:
    if failure:
        message = f"Python {wanted} is not on this machine and could not be downloaded: {failure}"
    else:
        message = f"Python {wanted} is not on this machine."
    return RefusedError(
        "BadRequest",
        f"{message} There are: {_listed(found)}.",
        400,
        hint=f"Choose one of these, or install Python {wanted} on the server, for example with pyenv or uv.",
    )
