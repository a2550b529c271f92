"""Starts the worker: `python <this file> --wire <fd> --lifeline <fd>`, run by the host in the app's folder.

The file is run by path with the app's interpreter. Nothing of ours may be importable for the app except the package
`funchost_worker`, so this file takes its folder off sys.path and loads the package by its location.
"""

import importlib.util
import os
import sys


def load_package(folder: str) -> None:
    """Make `funchost_worker` importable without a sys.path entry."""
    location = os.path.join(folder, "__init__.py")
    spec = importlib.util.spec_from_file_location("funchost_worker", location, submodule_search_locations=[folder])
    assert spec is not None  # noqa: S101 - a file location always has a spec and a loader
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    sys.modules["funchost_worker"] = module
    spec.loader.exec_module(module)


def main() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if not entry or os.path.abspath(entry) != here]
    options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
    del sys.argv[1:]  # libraries that read the command line shall not find our options
    load_package(here)

    from funchost_worker.worker import run

    run(int(options["--wire"]), int(options["--lifeline"]))


if __name__ == "__main__":
    main()
