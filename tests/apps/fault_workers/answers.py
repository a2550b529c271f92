"""Functions that answer what no answer can be."""

import azure.functions as func

blueprint = func.Blueprint()


class Unprintable:
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


class UnprintableError(Exception):
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


VALUES = {
    "number": 42,
    "dictionary": {"a": 1},
    "list": ["a"],
    "object": object(),
    "unprintable": Unprintable(),
    "class": func.HttpResponse,
    "surrogate": "\ud800",
}


@blueprint.route()
def value(req: func.HttpRequest) -> func.HttpResponse:
    return VALUES[req.params["kind"]]


@blueprint.route()
async def coroutine(req: func.HttpRequest) -> func.HttpResponse:
    async def later():
        return func.HttpResponse("later")

    made = later()
    made.close()
    return made


@blueprint.route()
def header(req: func.HttpRequest) -> func.HttpResponse:
    body = req.get_json()
    return func.HttpResponse("with header", headers={body["name"]: body["value"]})


class Smuggler(func.HttpResponse):
    """Its headers have not been checked by the library."""

    headers = None


@blueprint.route()
def smuggled_header(req: func.HttpRequest) -> func.HttpResponse:
    body = req.get_json()
    response = Smuggler("with header")
    response.headers = {body["name"]: body["value"]}
    return response


@blueprint.route()
def huge_header(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("with header", headers={"X-Huge": "h" * int(req.params["size"])})


@blueprint.route()
def many_headers(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("ok", headers={f"X-{number}": "v" for number in range(int(req.params["count"]))})


@blueprint.route()
def status(req: func.HttpRequest) -> func.HttpResponse:
    text = req.params["status"]
    return func.HttpResponse("with status", status_code=int(text) if text.lstrip("-").isdigit() else text)


@blueprint.route()
def unprintable_error(req: func.HttpRequest) -> str:
    raise UnprintableError


@blueprint.route()
def huge_error(req: func.HttpRequest) -> str:
    raise ValueError("e" * (70 * 1024 * 1024))
