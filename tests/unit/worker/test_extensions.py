from __future__ import annotations

import logging
import sys
from typing import Any, NamedTuple

import pytest

from funchost_worker.context import Context
from funchost_worker.extensions import Extensions, are_enabled


class Hook(NamedTuple):
    ext_name: str
    ext_impl: Any


class Hooks:
    def __init__(self, **hooks: Any) -> None:
        for name, hook in hooks.items():
            setattr(self, name, [Hook("Ext", hook)])


class Registry:
    """What ExtensionMeta offers, and a library that has it."""

    def __init__(self, app: Hooks | None, function: Hooks | None) -> None:
        self.app = app
        self.function = function

    def hooks(self) -> Registry:
        return self

    def get_application_hooks(self) -> Hooks | None:
        return self.app

    def get_function_hooks(self, name: str) -> Hooks | None:
        return self.function if name == "f" else None


CONTEXT = Context("f", "/app/f", {"id": "1"})


def test_hooks_run_around_a_call_in_the_documented_order() -> None:
    calls: list[Any] = []

    def note(name: str) -> Any:
        return lambda logger, context, args, *ret: calls.append((name, context.function_name, args, *ret))

    registry = Registry(
        Hooks(pre_invocation_app_level=note("app before"), post_invocation_app_level=note("app after")),
        Hooks(pre_invocation=note("before"), post_invocation=note("after")),
    )
    extensions = Extensions(registry)  # type: ignore[arg-type]
    extensions.before(CONTEXT, {"a": 1})
    extensions.after(CONTEXT, {"a": 1}, "ret")
    assert calls == [
        ("app before", "f", {"a": 1}),
        ("before", "f", {"a": 1}),
        ("after", "f", {"a": 1}, "ret"),
        ("app after", "f", {"a": 1}, "ret"),
    ]


def test_load_hooks_get_name_and_folder() -> None:
    calls: list[Any] = []
    registry = Registry(
        Hooks(post_function_load_app_level=lambda *args: calls.append(args)),
        Hooks(post_function_load=lambda *args: calls.append(args)),
    )
    Extensions(registry).loaded("f", "/app/f")  # type: ignore[arg-type]
    assert calls == [("f", "/app/f"), ("f", "/app/f")]


def test_what_a_hook_raises_is_logged_only(caplog: pytest.LogCaptureFixture) -> None:
    def fail(*args: Any) -> None:
        raise ValueError("hook broke")

    with caplog.at_level(logging.ERROR):
        Extensions(Registry(None, Hooks(pre_invocation=fail))).before(CONTEXT, {})  # type: ignore[arg-type]
    assert caplog.records[0].name == "azure_functions_worker.extension.Ext"
    assert "hook broke" in caplog.text


def test_switching_them_on() -> None:
    assert are_enabled({"PYTHON_ENABLE_WORKER_EXTENSIONS": "True"})
    assert not are_enabled({"PYTHON_ENABLE_WORKER_EXTENSIONS": "0"})
    assert are_enabled({}) is (sys.version_info[:2] == (3, 9))
