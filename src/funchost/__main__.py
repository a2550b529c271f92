"""Entry point of the `func` command, also run as ``python -m funchost``."""

# Nothing that is read from a file is imported out here: Ctrl-C meanwhile would be answered with a traceback.
import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # `python -m` puts the working folder first on the path. There, a function called `logging` or `http` would hide
    # the standard library from the host.
    del sys.path[0]

import funchost


def main() -> int:
    """Run the command line of this process; return its exit status."""
    arguments = sys.argv[1:]
    if len(arguments) == 1 and arguments[0].lstrip("-").lower() in ("version", "v"):
        # Editors ask for the version at every start, so nothing else is loaded for it.
        sys.stdout.write(f"{funchost.__version__}\n")
        return 0
    try:
        from funchost.cli.tool import run
    except KeyboardInterrupt:
        return 130  # as after Ctrl-C at any later time
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
