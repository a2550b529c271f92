from __future__ import annotations

from typing import Any

from funchost.settings import load_settings
from funchost.triggers import registry
from tests.unit.triggers.functions import ROOT, app_with, triggered

STORAGE = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}


def test_functions_that_can_run_have_no_error() -> None:
    app = app_with(
        triggered("Http", "httpTrigger"),
        triggered("Queue", "queueTrigger", queueName="orders"),
        triggered("Grid", "eventGridTrigger"),
        triggered("Other", "serviceBusTrigger"),
    )
    assert registry.check(app, load_settings(STORAGE)) == {}


def test_a_missing_connection_names_function_trigger_and_setting() -> None:
    function = triggered("Take", "queueTrigger", queueName="orders", connection="Orders")
    (error,) = registry.check(app_with(function), load_settings(STORAGE)).values()
    assert error.path == ROOT / "f.py"
    assert error.message.startswith("The queueTrigger 'item' of function 'Take' has no storage account:")
    assert "AzureWebJobsOrders" in error.message


def test_what_the_kind_finds_comes_before_the_connection() -> None:
    function = triggered("Take", "queueTrigger", queueName="a_b_c", connection="Orders")
    (error,) = registry.check(app_with(function), load_settings({})).values()
    assert "can contain only letters, numbers, and dash(-) characters" in error.message


def test_listeners_are_made_for_functions_that_run_and_have_their_store() -> None:
    class Context:
        accounts: dict[str, Any] = {}
        app = app_with(triggered("Take", "queueTrigger", queueName="orders"))

    context: Any = Context()
    assert registry.listeners_for(context) == []
