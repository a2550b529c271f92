import typing
from typing import List, Optional, Union

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route(route="optional")
def optional(req: Optional[func.HttpRequest]) -> Optional[str]:
    return "Optional"


@app.route(route="union")
def union(req: "func.HttpRequest | None") -> Union[str, func.HttpResponse]:
    return "Union"


@app.route(route="text")
def text(req: "typing.Optional['func.HttpRequest']", context: "func.Context") -> "func.HttpResponse":
    return func.HttpResponse("text annotations")


@app.route(route="wrong")
def wrong(req: int) -> str:
    return "never"


@app.route(route="missing")
def missing(request) -> str:
    return "never"


@app.queue_trigger(arg_name="msgs", queue_name="incoming", connection="AzureWebJobsStorage")
@app.queue_output(arg_name="out", queue_name="outgoing", connection="AzureWebJobsStorage")
def queue(msgs: func.QueueMessage, out: func.Out[List[str]]) -> None:
    out.set(["never"])
