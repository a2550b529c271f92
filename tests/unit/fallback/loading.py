"""Loads the fallback under a name of its own: `azure.functions` is the real library in this environment."""

import importlib.util
import sys
from functools import cache
from pathlib import Path
from typing import Any

import funchost_worker

PRIVATE_NAME = "funchost_fallback_under_test"


@cache
def load_fallback() -> Any:
    folder = Path(funchost_worker.__file__).parent / "fallback" / "azure" / "functions"
    spec = importlib.util.spec_from_file_location(
        PRIVATE_NAME, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[PRIVATE_NAME] = module
    spec.loader.exec_module(module)
    return module


class Datum:
    """What a worker hands to a converter: any class with these two attributes will do."""

    def __init__(self, value: object, type: str) -> None:
        self.value = value
        self.type = type


def texts(**values: str) -> dict[str, Datum]:
    return {name: Datum(value, "string") for name, value in values.items()}
