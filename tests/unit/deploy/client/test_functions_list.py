from __future__ import annotations

from funchost.deploy.client.functions_list import DeployedFunction, function_lines, read_function, with_base


def test_functions_are_listed_as_the_existing_tool_does() -> None:
    functions = [
        DeployedFunction("Work", "queueTrigger"),
        DeployedFunction("Hello", "httpTrigger", "http://shop.localhost:7070/api/hello/{name?}", "function"),
        DeployedFunction("Off", "timerTrigger", disabled=True),
    ]
    lines = list(function_lines("shop", functions, "http://127.0.0.1:20000", {"Hello": "a/b=="}))
    assert lines == [
        "Functions in shop:",
        "    Hello - [httpTrigger]",
        "        Invoke url: http://127.0.0.1:20000/api/hello/{name?}?code=a%2Fb%3D%3D",
        "",
        "    Off - [timerTrigger] (disabled)",
        "",
        "    Work - [queueTrigger]",
        "",
    ]


def test_without_a_key_and_a_base_the_address_is_that_of_the_server() -> None:
    functions = [DeployedFunction("Hello", "httpTrigger", "https://shop.example.org/api/hello", "anonymous")]
    assert "        Invoke url: https://shop.example.org/api/hello" in function_lines("shop", functions, None, {})


def test_functions_are_read_from_both_interfaces() -> None:
    inner = {
        "name": "Hello",
        "config": {"bindings": [{"type": "http"}, {"type": "httpTrigger", "authLevel": "ADMIN", "methods": ["get"]}]},
        "invoke_url_template": "http://x/api/hello",
        "isDisabled": True,
    }
    expected = DeployedFunction("Hello", "httpTrigger", "http://x/api/hello", "admin", ("GET",), True)
    assert read_function({"name": "shop/Hello", "properties": inner}) == expected
    assert read_function(inner) == expected


def test_functions_without_bindings_are_no_problem() -> None:
    assert read_function({"name": "shop/Odd", "properties": {}}) == DeployedFunction("Odd", "")


def test_braces_of_routes_stay() -> None:
    assert with_base("http://a:1/api/{id:int}/x?y=1", "https://b") == "https://b/api/{id:int}/x?y=1"
