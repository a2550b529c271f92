from __future__ import annotations

from pathlib import Path

import pytest

from funchost.app.function_app import Binding, Direction, Function, Model
from funchost.app.host_json import HostConfig
from funchost.app.problem import DeclarationProblem
from funchost.bindings.event_grid import EventGridKind, Topic, read_topic
from funchost.bindings.kind import Declared
from funchost.settings import load_settings
from funchost.storage.credentials import Identity

URL = "https://orders.westeurope-1.eventgrid.azure.net/api/events"
FILE = Path("/app/function_app.py")


def declared(settings: dict[str, str], **properties: object) -> Declared:
    raw = {"name": "event", "type": "eventGrid", "direction": "out", **properties}
    binding = Binding(
        "event", "eventGrid", Direction.OUT, None, {name.lower(): value for name, value in properties.items()}, raw
    )
    function = Function("F", FILE.parent, FILE, None, (binding,), Model.DECORATORS, FILE)
    return Declared(function, binding, HostConfig(), load_settings(settings))


def test_endpoint_and_key_are_settings() -> None:
    found = read_topic(declared({"Uri": URL, "Key": "k1"}, topicEndpointUri="Uri", topicKeySetting="Key"))
    assert found == Topic(f"{URL}?api-version=2018-01-01", key="k1")
    assert "k1" not in repr(found)


def test_an_endpoint_may_stand_there_itself_and_keep_its_query() -> None:
    found = read_topic(declared({"Key": "k1"}, topicEndpointUri=f"{URL}?a=b", topicKeySetting="Key"))
    assert found.url == f"{URL}?a=b&api-version=2018-01-01"
    found = read_topic(declared({"Key": "k"}, topicEndpointUri=f"{URL}?api-version=2020-01-01", topicKeySetting="Key"))
    assert found.url == f"{URL}?api-version=2020-01-01"


def test_a_connection_names_an_identity() -> None:
    settings = {"Events__topicEndpointUri": URL, "Events__credential": "managedidentity", "Events__clientId": "c1"}
    found = read_topic(declared(settings, connection="Events"))
    assert found.key is None
    assert found.identity == Identity(managed=True, client_id="c1")


@pytest.mark.parametrize(
    ("settings", "properties", "message"),
    [
        ({}, {}, "'topicendpointuri' of the binding 'event'"),
        ({"Uri": URL}, {"topicEndpointUri": "Uri"}, "'topickeysetting' of the binding 'event'"),
        ({"Uri": URL}, {"topicEndpointUri": "Uri", "topicKeySetting": "Key"}, "'Key' does not exist"),
        ({"Key": "k1"}, {"topicEndpointUri": "Uri", "topicKeySetting": "Key"}, "'Uri' does not exist"),
        (
            {"Uri": "secret", "Key": "k1"},
            {"topicEndpointUri": "Uri", "topicKeySetting": "Key"},
            "must be a valid absolute Uri",
        ),
        ({}, {"connection": "Events"}, "'Events__topicEndpointUri' does not exist"),
        (
            {"Events__topicEndpointUri": URL, "Events__credential": "other"},
            {"connection": "Events"},
            "not a kind of credential",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    settings: dict[str, str], properties: dict[str, object], message: str
) -> None:
    with pytest.raises(DeclarationProblem) as raised:
        read_topic(declared(settings, **properties))
    assert message in raised.value.message
    assert "secret" not in raised.value.message


def test_events_cannot_be_read() -> None:
    with pytest.raises(DeclarationProblem, match="published only"):
        EventGridKind().plan_input(declared({}))
