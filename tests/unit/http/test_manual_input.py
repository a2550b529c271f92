from __future__ import annotations

from pathlib import Path

import pytest

from funchost.app.invocation import Datum, HttpRequestData
from funchost.http.manual_input import manual_invocation
from tests.unit.http.admin_site import function_of


def given(trigger: str, text: str, **properties: object) -> Datum:
    function = function_of(Path("/app"), "F", trigger, **properties)
    ((name, datum),) = manual_invocation(function, text, "http://localhost").inputs
    assert name == "req"
    return datum


@pytest.mark.parametrize("trigger", ["serviceBusTrigger", "kafkaTrigger", "genericTrigger"])
def test_text_goes_in_as_it_is(trigger: str) -> None:
    assert given(trigger, "hello {}") == Datum("string", "hello {}")


def test_a_batch_trigger_gets_a_batch_of_one() -> None:
    assert given("eventHubTrigger", "x", cardinality="Many") == Datum("collection_string", ["x"])


@pytest.mark.parametrize(("text", "kind"), [('{"a": 1}', "application/json"), ("plain", "text/plain; charset=utf-8")])
def test_http_gets_a_post_with_the_text_as_its_body(text: str, kind: str) -> None:
    request = given("httpTrigger", text).value
    assert isinstance(request, HttpRequestData)
    assert (request.method, request.body) == ("POST", text.encode())
    assert request.headers == {"content-length": str(len(text)), "content-type": kind}
