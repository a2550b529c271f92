from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType

import pytest

from funchost.app.function_app import Binding, Direction, Function, Model
from funchost.app.indexed import IndexedFunction, LoadError
from funchost.workers import messages
from funchost.workers.events import WorkerLog
from funchost_worker import wire


def payload(value: object) -> memoryview:
    text = json.dumps(value).encode()
    return memoryview(wire.LENGTH.pack(len(text)) + text)


def test_an_index_becomes_functions_and_errors() -> None:
    error = ["ImportError", "no module named x", "stack", "/app/f.py", 3]
    function = {"name": "a", "directory": "/app", "script_file": "/app/function_app.py", "bindings": [{"type": "t"}]}
    message = {
        "model": "decorators",
        "functions": [{**function, "retry": None, "error": None}, {**function, "name": "b", "error": error}],
        "error": None,
        "library": "1.26.0",
    }

    index = messages.read_index(payload(message), "3.9.1")

    first = IndexedFunction("a", "/app", "/app/function_app.py", ({"type": "t"},))
    assert index.functions[0] == first
    assert index.functions[1].error == LoadError("ImportError", "no module named x", "stack", "/app/f.py", 3)
    assert (index.model, index.error, index.library, index.python) == (Model.DECORATORS, None, "1.26.0", "3.9.1")


def test_log_records_keep_their_order_and_any_text() -> None:
    records = [[30, "root", "odd \ud800", None, None, 1], [10, "shop", "b", "hello", "id-1", 2.5]]

    assert messages.read_logs(payload(records)) == [
        WorkerLog(30, "root", "odd \ud800", None, None, 1.0),
        WorkerLog(10, "shop", "b", "hello", "id-1", 2.5),
    ]


def test_functions_are_declared_with_the_bindings_as_the_app_wrote_them() -> None:
    raw = MappingProxyType({"type": "httpTrigger", "methods": ("get",), "nested": MappingProxyType({"a": 1})})
    binding = Binding("req", "httpTrigger", Direction.IN, raw=raw)
    odd = Path("/app/\udcff")
    function = Function("a", odd, odd / "__init__.py", "run", (binding,), Model.FUNCTION_JSON, odd / "function.json")

    [(kind, call, sent)] = wire.FrameReader(wire.TO_WORKER).feed(messages.load_frame(7, function))

    assert (kind, call) == (wire.Kind.LOAD, 7)
    assert wire.load(wire.split(sent)[0]) == {
        "functions": [
            {
                "name": "a",
                "directory": "/app/\udcff",
                "script_file": "/app/\udcff/__init__.py",
                "entry_point": "run",
                "bindings": [{"type": "httpTrigger", "methods": ["get"], "nested": {"a": 1}}],
            }
        ]
    }


@pytest.mark.parametrize("value", [{}, {"errors": {"a": ["only"]}}, []])
def test_an_answer_of_the_wrong_shape_is_the_workers_fault(value: object) -> None:
    with pytest.raises(wire.WireError, match="wrong shape"):
        messages.read_loaded(payload(value))
