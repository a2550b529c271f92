from __future__ import annotations

import pytest

from funchost.app.binding_types import is_known, is_served, unknown_types_message


@pytest.mark.parametrize("name", ["httpTrigger", "HTTPTRIGGER", "http", "warmUpTrigger", "QueueTrigger", "blob"])
def test_served_types_are_known_in_any_case(name: str) -> None:
    assert is_served(name)
    assert is_known(name)


@pytest.mark.parametrize("name", ["eventHubTrigger", "cosmosDBTrigger", "sql", "mcpToolTrigger", "durableClient"])
def test_types_of_extensions_are_known_but_not_served(name: str) -> None:
    assert is_known(name)
    assert not is_served(name)


def test_unknown_types_are_named_with_what_was_meant() -> None:
    message = unknown_types_message(["httpTriger", "xyz"], bundle=False)
    assert message.startswith("The binding type(s) 'httpTriger, xyz' are not registered.")
    assert "Did you mean 'httpTrigger'?" in message
    assert "\nKnown types: httpTrigger, http, warmupTrigger, timerTrigger" in message


def test_with_a_bundle_the_bundle_is_blamed() -> None:
    message = unknown_types_message(["xyz"], bundle=True)
    assert message.startswith("The binding type(s) 'xyz' were not found in the configured extension bundle.")
