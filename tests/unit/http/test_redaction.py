from __future__ import annotations

import pytest

from funchost.http.redaction import HIDDEN, redacted, without_secret_texts


@pytest.mark.parametrize("name", ["apiKey", "connectionString", "Password", "sasToken", "Authorization", "SasUrl"])
def test_values_of_properties_that_hold_secrets_are_hidden(name: str) -> None:
    assert redacted({name: "x", "nested": [{name: "y"}]}) == {name: HIDDEN, "nested": [{name: HIDDEN}]}


@pytest.mark.parametrize(
    "text",
    [
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc==",
        "https://a.example/c?sv=1&sig=abc",
        "Endpoint=sb://x/;SharedAccessKeyName=a;SharedAccessKey=b",
        "https://user:pw@example.com",
    ],
)
def test_texts_that_are_secrets_are_hidden_wherever_they_are(text: str) -> None:
    assert redacted({"x": [text]}) == {"x": [HIDDEN]}
    assert without_secret_texts({"connection": text}) == {"connection": HIDDEN}


def test_everything_else_stays() -> None:
    value = {"maxConnections": 5, "keyEnabled": True, "apiKey": "", "routePrefix": "api", "none": None}
    assert redacted(value) == value
    assert without_secret_texts({"connection": "MyStorage", "apiKey": "MySetting"}) == {
        "connection": "MyStorage",
        "apiKey": "MySetting",
    }
