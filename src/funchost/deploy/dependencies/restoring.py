"""Makes a project's `.python_packages` agree with what it asks for; unchanged requirements are not installed again."""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from funchost.deploy.dependencies.installation import OnLine
from funchost.deploy.dependencies.installer import Installer, install
from funchost.deploy.dependencies.native_build import install_native
from funchost.deploy.dependencies.requirements import PROJECT_FILE, REQUIREMENTS_FILE, Requirements, read_requirements
from funchost.deploy.dependencies.target_python import TargetPython
from funchost.errors import BuildError

FOLDER = ".python_packages"
MARK = "requirements.txt.md5"
"""What the existing tool keeps: the Base64 MD5 of requirements.txt (func-cli.md 2.6)."""
DETAILS = "installed.json"
WORK_FOLDER = ".funchost"
"""Never packed, whatever interrupts us."""

_SITE_PACKAGES = Path("lib") / "site-packages"
_NOT_WRITABLE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def missing_requirements(root: Path) -> BuildError:
    """Return the error for a project that does not say which packages it needs."""
    return BuildError(
        f"{REQUIREMENTS_FILE} is not found. {root} has no {PROJECT_FILE} with dependencies either.",
        hint=f"Write a {REQUIREMENTS_FILE} (it may be empty), or pass --no-build to take the project as it is.",
    )


def restore(
    root: Path,
    python: TargetPython,
    *,
    environment: Mapping[str, str],
    on_line: OnLine,
    native: bool = False,
    system_packages: Sequence[str] = (),
    cache: Path | None = None,
    installer: Installer | None = None,
    home: Path | None = None,
) -> bool:
    """Install what a project asks for into its `.python_packages`; return False if that had been done before.

    Args:
        root: the project.
        native: compile packages that have no wheel, see install_native; else such a package is an error.
        environment, on_line, cache, installer: see install.
        home: folder whose `.python_packages` is made, None = the project.

    Raises:
        BuildError: it asks for nothing, or see install; then `.python_packages` is as it was.
        NativeDependenciesError: see install and install_native.
    """
    requirements = read_requirements(root)
    if requirements is None:
        raise missing_requirements(root)
    wanted = _details(requirements, python, native)
    if wanted is not None and _is_current(root / FOLDER, requirements, wanted):
        on_line(f"Directory {FOLDER} already in sync with {requirements.path.name}. Skipping restoring dependencies...")
        return False
    if home is not None and home != root:
        on_line(f"The project cannot be written to: its {FOLDER} directory is made elsewhere, for this package alone.")
    on_line(f"Restoring the packages of {requirements.path.name} for {python}...")
    with _replacing((home or root) / FOLDER, on_line) as made:
        target = made / _SITE_PACKAGES
        if native:
            install_native(
                requirements,
                python,
                target,
                environment=environment,
                on_line=on_line,
                cache=cache,
                system_packages=system_packages,
            )
        else:
            install(
                requirements,
                python,
                target,
                wheels_only=True,
                environment=environment,
                on_line=on_line,
                cache=cache,
                installer=installer,
            )
        _mark(made, requirements, wanted)
    return True


def is_read_only(root: Path) -> bool:
    """Return whether a project cannot be written to; any other hindrance is for those to tell who meet it."""
    try:
        (root / WORK_FOLDER).mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=root / WORK_FOLDER):
            return False
    except OSError as error:
        return error.errno in _NOT_WRITABLE


@contextmanager
def _replacing(folder: Path, on_line: OnLine) -> Iterator[Path]:
    """Give the path of a folder that takes the place of `folder` when all went well."""
    work = folder.parent / WORK_FOLDER
    try:
        work.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=work, prefix="packages-") as scratch:
            made = Path(scratch) / FOLDER
            yield made
            if folder.exists():
                on_line(f"Deleting the old {FOLDER} directory")
                shutil.rmtree(folder)
            made.rename(folder)
    except OSError as error:
        raise BuildError(
            f"{folder} cannot be made: {error.filename or ''}: {error.strerror or error}.",
            hint="Make the project's folder writable, copy it to one that is, or publish with a remote build.",
        ) from error


def _details(requirements: Requirements, python: TargetPython, native: bool) -> dict[str, str] | None:
    fingerprint = requirements.fingerprint()
    if fingerprint is None:
        return None
    kind = "native" if native else "wheels"
    return {"for": str(python), "requirements": fingerprint, "packages": kind}


def _md5(path: Path) -> str:
    # The existing tool's format; it protects nothing.
    return base64.b64encode(hashlib.md5(path.read_bytes(), usedforsecurity=False).digest()).decode("ascii")


def _is_current(folder: Path, requirements: Requirements, wanted: Mapping[str, str]) -> bool:
    try:
        details = json.loads((folder / DETAILS).read_text("utf-8"))
        mark = (folder / MARK).read_text("ascii").strip()
    except (OSError, ValueError):
        return False
    return bool(details == wanted and mark == _md5(requirements.path) and (folder / _SITE_PACKAGES).is_dir())


def _mark(folder: Path, requirements: Requirements, details: Mapping[str, str] | None) -> None:
    (folder / MARK).write_text(_md5(requirements.path), encoding="ascii")
    if details is not None:
        (folder / DETAILS).write_text(json.dumps(details, indent=2) + "\n", encoding="utf-8")
