"""Notices installed packages that were made for another Python or another kind of machine."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path

from funchost.deploy.dependencies.distributions import Distribution, distributions
from funchost.deploy.dependencies.target_python import Platform, TargetPython, this_platform
from funchost.errors import BuildError

SHOWN = 5
_MODULE = re.compile(r"\.cpython-3(?P<minor>\d{1,2})(?P<flags>[a-z]*)(?:-(?P<machine>[a-z0-9_]+))?[^.]*\.so$")
_TAG = re.compile(r"cp3(?P<minor>\d{1,2})")
_ELF = b"\x7fELF"
_MACH_O = (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
_ELF_MACHINES = {62: "x86_64", 183: "aarch64", 3: "i686", 40: "armv7l", 243: "riscv64"}
_COMPILED = (".so", ".pyd", ".dll", ".dylib")


def check_platform(site_packages: Path, python: TargetPython) -> None:
    """Check that everything compiled in a folder of packages can run on a target; blocks while it reads.

    Args:
        site_packages: need not exist.
        python: the target.

    Raises:
        BuildError: something cannot; names the files and what they were made for.
    """
    found = list(misfits(site_packages, python))
    if not found:
        return
    listed = "\n".join(f"  {text}" for text in found[:SHOWN])
    more = f"\n  and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    raise BuildError(
        f"Packages in {site_packages} were made for another Python or platform; the app runs on {python}:\n"
        f"{listed}{more}",
        hint="Delete .python_packages and let a build make it, or install the packages with that Python.",
    )


def misfits(site_packages: Path, python: TargetPython) -> Iterator[str]:
    """Yield a line for each package, and each compiled file besides, that cannot run on a target."""
    platform = python.platform or this_platform()
    blamed: set[Path] = set()
    for distribution in distributions(site_packages):
        why = _wrong_tags(distribution, python, platform)
        if why:
            files = _files_of(distribution, site_packages)
            blamed |= files
            named = next((path for path in sorted(files) if _is_compiled(path.name)), distribution.folder)
            yield f"{distribution.name} {distribution.version} ({named.relative_to(site_packages)}): {why}"
    for path in _compiled_files(site_packages):
        if path not in blamed and (why := _wrong_file(path, python, platform)):
            yield f"{path.relative_to(site_packages)}: {why}"


def _wrong_tags(distribution: Distribution, python: TargetPython, platform: Platform) -> str | None:
    if not distribution.tags or any(_fits(tag, python, platform) for tag in distribution.tags):
        return None
    return f"its wheel is for {', '.join(distribution.tags[:3])}"


def _fits(tag: str, python: TargetPython, platform: Platform) -> bool:
    interpreter, _, rest = tag.partition("-")
    abi, _, place = rest.partition("-")
    return _fits_python(interpreter, abi, python) and (place == "any" or _fits_place(place, platform))


def _fits_python(interpreter: str, abi: str, python: TargetPython) -> bool:
    minor = python.version[1]
    for each in interpreter.split("."):
        if each in ("py3", "py2.py3") or re.fullmatch(r"py3\d{1,2}", each) and int(each[3:]) <= minor:
            return True
        made = _TAG.fullmatch(each)
        if made and (int(made["minor"]) == minor or abi in ("abi3", "none") and int(made["minor"]) <= minor):
            return True
    return False


def _fits_place(place: str, platform: Platform) -> bool:
    machines = {"arm64", "aarch64"} if platform.machine == "aarch64" else {platform.machine}
    for each in place.split("."):
        if platform.system == "linux":
            system = each.startswith(("manylinux", "linux", "musllinux"))
        else:
            system = each.startswith("macosx")
        if system and (each.endswith("universal2") or any(each.endswith(machine) for machine in machines)):
            return True
    return False


def _files_of(distribution: Distribution, site_packages: Path) -> set[Path]:
    try:
        record = (distribution.folder / "RECORD").read_text("utf-8", "replace")
    except OSError:
        return set()
    names = (line.partition(",")[0].strip('"') for line in record.splitlines())
    return {site_packages / name for name in names if not name.startswith("/")}


def _compiled_files(site_packages: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(site_packages):
        folders.sort()
        for name in sorted(files):
            if _is_compiled(name):
                yield Path(place, name)


def _is_compiled(name: str) -> bool:
    return name.endswith(_COMPILED) or ".so." in name


def _wrong_file(path: Path, python: TargetPython, platform: Platform) -> str | None:
    if path.suffix in (".pyd", ".dll"):
        return "a library for Windows"
    made = _MODULE.search(path.name)
    if made and int(made["minor"]) != python.version[1]:
        return f"a module for Python 3.{made['minor']}"
    made_for = made_for_machine(path)
    if made_for is None or made_for == platform:
        return None
    return None if made_for.system == platform.system == "macos" else f"a library for {made_for}"


def made_for_machine(path: Path) -> Platform | None:
    """Return what kind of machine a compiled file is for, None if its head does not say."""
    try:
        with path.open("rb") as file:
            head = file.read(20)
    except OSError:
        return None
    if head.startswith(_MACH_O):
        return Platform("macos", "")
    if len(head) < 20 or not head.startswith(_ELF):
        return None
    (machine,) = struct.unpack_from("<H" if head[5] == 1 else ">H", head, 18)
    return Platform("linux", _ELF_MACHINES.get(machine, f"machine {machine}"))
