from __future__ import annotations

import pytest

from funchost.app.binding import read_binding
from funchost.app.function_app import Direction
from funchost.app.problem import DeclarationProblem

PREFIX = "Error parsing function.json: "


def failure(**raw: object) -> DeclarationProblem:
    with pytest.raises(DeclarationProblem) as caught:
        read_binding(raw, ("bindings", 2), PREFIX)
    return caught.value


def test_names_and_enums_ignore_case() -> None:
    binding = read_binding(
        {
            "Name": "req",
            "TYPE": "HttpTrigger",
            "Direction": "IN",
            "datatype": "BINARY",
            "AuthLevel": "ANONYMOUS",
            "Route": "x",
        }
    )
    assert (binding.name, binding.type, binding.kind) == ("req", "HttpTrigger", "httptrigger")
    assert binding.direction is Direction.IN
    assert binding.data_type == "binary"
    assert binding.properties == {"authlevel": "anonymous", "route": "x"}


def test_raw_keeps_the_entry_under_the_usual_names() -> None:
    raw = {"Name": "b", "Type": "blob", "dataType": "String", "Path": "%P%/x", "CONNECTION": "C"}
    binding = read_binding(raw)
    assert binding.raw == {
        "name": "b",
        "type": "blob",
        "dataType": "String",
        "Path": "%P%/x",
        "CONNECTION": "C",
        "direction": "in",
    }


@pytest.mark.parametrize(
    ("direction", "expected"),
    [(None, Direction.IN), ("out", Direction.OUT), ("InOut", Direction.INOUT), (1, Direction.OUT), ("0", Direction.IN)],
)
def test_directions(direction: object, expected: Direction) -> None:
    assert read_binding({"name": "b", "type": "blob", "direction": direction}).direction is expected


@pytest.mark.parametrize("data_type", ["text", "", 5, None, []])
def test_an_unknown_data_type_counts_as_unspecified(data_type: object) -> None:
    assert read_binding({"name": "b", "type": "blob", "dataType": data_type}).data_type is None


@pytest.mark.parametrize("name", ["req", "my_blob", "_req", "R2", "a" * 128, "$return"])
def test_names_of_bindings(name: str) -> None:
    assert read_binding({"name": name, "type": "blob", "direction": "out"}).name == name


@pytest.mark.parametrize("name", ["", None, "2a", "a-b", "a b", "$request", "é", "a" * 129, "a\n", 5])
def test_invalid_names_are_refused(name: object) -> None:
    problem = failure(name=name, type="blob")
    assert "is invalid. Please assign a valid name to the binding." in problem.message
    assert problem.keys == ("bindings", 2, "name")


@pytest.mark.parametrize(
    ("raw", "message", "keys"),
    [
        ({"name": "a"}, "Binding 'a' is invalid. Bindings must specify a Type.", ("type",)),
        ({"name": "a", "type": " "}, "Binding 'a' is invalid. Bindings must specify a Type.", ("type",)),
        ({"name": "a", "type": "x", "direction": "up"}, "'up' is not a valid binding direction.", ("direction",)),
        ({"name": "a", "type": "x", "direction": True}, "'true' is not a valid binding direction.", ("direction",)),
        ({"name": "$return", "type": "x"}, "$return bindings must specify a direction of 'out'.", ("direction",)),
        ({"name": "a", "type": "HTTP"}, "Http binding can only be used for output.", ("direction",)),
        ({"name": "a", "type": "aTrigger", "direction": "out"}, "The trigger binding 'a' must", ("direction",)),
        (
            {"name": "a", "type": "x", "Connection": {"a": 1}},
            PREFIX + "Invalid value specified for binding property 'connection' of type String. ",
            ("Connection",),
        ),
        (
            {"name": "a", "type": "x", "cardinality": "several"},
            PREFIX + "Invalid value specified for binding property 'cardinality' of enum type Cardinality. "
            "'several' is none of one, many.",
            ("cardinality",),
        ),
        (
            {"name": "a", "type": "httpTrigger", "authLevel": "public"},
            PREFIX + "Invalid value specified for binding property 'authLevel' of enum type AuthorizationLevel. "
            "'public' is none of anonymous, user, function, system, admin.",
            ("authLevel",),
        ),
        (
            {"name": "a", "type": "httpTrigger", "methods": "get"},
            PREFIX + "Invalid value specified for binding property 'methods' of type String[]. 'get' is not a list",
            ("methods",),
        ),
        (
            {"name": "a", "type": "httpTrigger", "methods": ["get it"]},
            PREFIX + "Invalid value specified for binding property 'methods' of type String[]. 'GET IT' is not",
            ("methods",),
        ),
        (
            {"name": "a", "type": "httpTrigger", "route": ["x"]},
            PREFIX + "Invalid value specified for binding property 'route' of type String. ",
            ("route",),
        ),
        ({"name": "a", "Name": "b", "type": "x"}, PREFIX + "The binding has both 'name' and 'Name'", ("Name",)),
    ],
)
def test_wrong_entries(raw: dict[str, object], message: str, keys: tuple[str, ...]) -> None:
    problem = failure(**raw)
    assert problem.message.startswith(message)
    assert problem.keys == ("bindings", 2, *keys)


@pytest.mark.parametrize("raw", ["httpTrigger", None, 5, ["a"]])
def test_an_entry_must_be_an_object(raw: object) -> None:
    with pytest.raises(DeclarationProblem, match="A binding must be an object"):
        read_binding(raw)


def test_methods_are_upper_case_and_may_be_empty() -> None:
    assert read_binding({"name": "a", "type": "httpTrigger", "methods": ["get", " Post "]}).properties["methods"] == [
        "GET",
        "POST",
    ]
    assert read_binding({"name": "a", "type": "httpTrigger", "methods": []}).properties["methods"] == []
    assert "methods" not in read_binding({"name": "a", "type": "httpTrigger", "methods": None}).properties


def test_authorisation_levels_by_number() -> None:
    assert read_binding({"name": "a", "type": "httpTrigger", "authLevel": 2}).properties["authlevel"] == "function"
