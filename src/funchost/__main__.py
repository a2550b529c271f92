"""Entry point of the `func` command, also run as ``python -m funchost``."""

from __future__ import annotations

import sys

import funchost


def main() -> int:
    """Run the command line of this process; return its exit status."""
    arguments = sys.argv[1:]
    if len(arguments) == 1 and arguments[0].lstrip("-").lower() in ("version", "v"):
        # Editors ask for the version at every start, so nothing else is loaded for it.
        sys.stdout.write(f"{funchost.__version__}\n")
        return 0
    from funchost.cli.tool import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
