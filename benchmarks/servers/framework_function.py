"""The same answer as a function of functions-framework, which runs in an environment of its own."""


def text(request: object) -> str:
    """Called for every path and method."""
    return "Hello, world!"
