from __future__ import annotations

import re

import pytest

from funchost.bindings.plan import plan_bindings
from funchost.settings import load_settings
from tests.unit.bindings.declarations import STORAGE, app, function

BLOB = {"name": "obj", "type": "blob", "path": "samples/{id}"}
QUEUE = {"name": "msg", "type": "queue", "direction": "out", "queueName": "outqueue"}


def test_functions_with_nothing_but_http_have_no_plan() -> None:
    http = {"name": "$return", "type": "http", "direction": "out"}
    plans = plan_bindings(app(function(http, name="A"), function(BLOB, QUEUE, name="B")), load_settings(STORAGE))
    assert list(plans.functions) == ["B"]
    assert [name for name, _ in plans.functions["B"].inputs] == ["obj"]
    assert [name for name, _ in plans.functions["B"].outputs] == ["msg"]
    assert not plans.errors


@pytest.mark.parametrize(
    ("binding", "message"),
    [
        ({**BLOB, "path": "samples/{id"}, "'path' of the binding 'obj': Invalid template 'samples/{id'."),
        ({**BLOB, "path": "samples"}, "'path' of the binding 'obj': Invalid blob path specified : 'samples'."),
        ({**BLOB, "path": "samples/{sys.x}"}, "Unable to resolve binding parameter 'sys.x'."),
        ({**BLOB, "path": 5}, "'path' of the binding 'obj': 5 is not a text."),
        ({"name": "obj", "type": "blob"}, "the binding 'obj' (blob) has no 'path'"),
        ({**BLOB, "connection": "Mine"}, "'connection' of the binding 'obj': AzureWebJobsMine: Storage account"),
        ({**QUEUE, "queueName": "a_b"}, "'queueName' of the binding 'msg': A queue name can contain only"),
        ({**QUEUE, "direction": "in"}, "a queue can be written to only"),
    ],
)
def test_what_is_wrong_is_said_with_binding_and_property(binding: dict[str, object], message: str) -> None:
    plans = plan_bindings(app(function(binding, name="Bad"), function(BLOB, name="Good")), load_settings(STORAGE))
    assert list(plans.functions) == ["Good"]
    assert re.search(re.escape(message), plans.errors["Bad"].message)


def test_names_of_a_timer_are_known_beforehand() -> None:
    timer = function(BLOB)
    trigger = timer.bindings[0]
    object.__setattr__(trigger, "type", "timerTrigger")
    plans = plan_bindings(app(timer), load_settings(STORAGE))
    assert "Unable to resolve binding parameter 'id'" in plans.errors["Fn"].message
