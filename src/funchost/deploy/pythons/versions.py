"""Which versions of Python there are for apps, and which of them a version of the Functions runtime takes. Pure.

The pairs are those of the Python developer guide; versions of Python that it does not know yet run with version 4.
"""

from __future__ import annotations

import re

from funchost.errors import RefusedError

OLDEST = (3, 6)
NEWEST = (3, 14)
SUPPORTED = tuple(f"3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1))
"""Oldest first."""

DEFAULT_FUNCTIONS_VERSION = "4"
_PYTHONS = {"2": ("3.6", "3.7"), "3": ("3.6", "3.7", "3.8"), "4": SUPPORTED}

_PATCH = re.compile(r"3\.[0-9]{1,3}\.[0-9]{1,3}", re.ASCII)
_FUNCTIONS = re.compile(r"~?([0-9]{1,2})", re.ASCII)
_SHOWN = 40


def python_version(text: str) -> str:
    """Return a Python version as a user wrote it in its one spelling: ``3.11``.

    Raises:
        RefusedError: it is none that apps can run on.
    """
    version = text.strip()
    if _PATCH.fullmatch(version):
        minor = version.rpartition(".")[0]
        raise _bad_request(
            f"Python {version!r} names a patch release. An app gets the newest one that the machine has of a version"
            f" such as {minor}; ask for {minor}."
        )
    if version not in SUPPORTED:
        raise _bad_request(f"{_shown(text)} is no Python version that apps can run on: {_listed(SUPPORTED)}.")
    return version


def functions_version(text: str) -> str:
    """Return a version of the Functions runtime as a user wrote it (``4``, ``~4``) in its one spelling: ``4``.

    Raises:
        RefusedError: it is none that runs Python apps.
    """
    match = _FUNCTIONS.fullmatch(text.strip())
    if match is None or match[1] not in _PYTHONS:
        raise _bad_request(
            f"{_shown(text)} is no version of Azure Functions that runs Python apps: {_listed(tuple(_PYTHONS))}."
        )
    return match[1]


def valid_pythons(functions: str) -> tuple[str, ...]:
    """Return the Python versions that a version of the Functions runtime takes, oldest first.

    Raises:
        RefusedError: no Python app runs on that version.
    """
    return _PYTHONS[functions_version(functions)]


def check_pair(functions: str, python: str) -> None:
    """Check that a version of the Functions runtime takes a Python version.

    Args:
        functions: ``4`` or ``~4``.
        python: ``3.11``.

    Raises:
        RefusedError: it does not, or one of the two is no such version; says which pairs there are.
    """
    runtime, wanted = functions_version(functions), python_version(python)
    if wanted in _PYTHONS[runtime]:
        return
    pairs = "; ".join(f"version {number} takes {_listed(pythons)}" for number, pythons in _PYTHONS.items())
    raise _bad_request(f"Azure Functions version {runtime} does not take Python {wanted}: {pairs}.")


def _listed(versions: tuple[str, ...]) -> str:
    if len(versions) > 3 and versions == SUPPORTED:
        return f"{versions[0]} to {versions[-1]}"
    return " and ".join((", ".join(versions[:-1]), versions[-1]))


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")


def _bad_request(message: str) -> RefusedError:
    return RefusedError("BadRequest", message, 400)
